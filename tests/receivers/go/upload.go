// A receiver in Go: one file a request, stored once for each Idempotency-Key.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
)

// [readme]
var store = os.Getenv("STORE")
var keyForm = regexp.MustCompile(`^[0-9a-f-]{36}$`)

func upload(w http.ResponseWriter, r *http.Request) {
	file, header, err := r.FormFile("file") // reads the whole request: sluice trusts no reply that comes earlier
	key := r.Header.Get("Idempotency-Key")
	if err != nil || !keyForm.MatchString(key) {
		http.Error(w, `{"code":1}`, http.StatusBadRequest)
		return
	}
	defer file.Close()
	sum, err := digest(filepath.Join(store, key)) // the same key again gets the same reply
	if os.IsNotExist(err) {
		sum, err = keep(file, header.Filename, key, r.MultipartForm.Value)
	}
	if err != nil {
		log.Print(err)
		http.Error(w, `{"code":2}`, http.StatusInternalServerError) // sluice tries again later
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"code": 0, "sha256": sum})
}

func keep(file io.Reader, name, key string, fields map[string][]string) (string, error) {
	part, err := os.CreateTemp(store, ".part-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(part.Name())
	defer part.Close()
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(part, sum), file)
	if err == nil {
		err = part.Sync()
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	if err == nil { // first the ledger: a line that comes twice does no harm, a missing one would
		err = record(map[string]any{"key": key, "fields": fields, "name_base64": []byte(name), "size": size, "sha256": hash})
	}
	if err == nil {
		err = os.Rename(part.Name(), filepath.Join(store, key))
	}
	if err == nil {
		err = syncFolder() // a power failure now takes nothing back
	}
	return hash, err
}

// [readme]
func digest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), err
}

func record(entry map[string]any) error {
	line, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	ledger, err := os.OpenFile(filepath.Join(store, "ledger"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer ledger.Close()
	if _, err = ledger.Write(append(line, '\n')); err == nil {
		err = ledger.Sync()
	}
	return err
}

func syncFolder() error {
	folder, err := os.Open(store)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

func main() {
	http.HandleFunc("/upload", upload)
	address := "127.0.0.1:" + os.Getenv("PORT")
	log.Fatal(http.ListenAndServeTLS(address, os.Getenv("TLS_CERT"), os.Getenv("TLS_KEY"), nil))
}
