// Uploads a folder with net/http, kept-alive connections and a known Content-Length.
// usage: upload URL FOLDER COUNT CA WINDOW
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/rand"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

func upload(client *http.Client, url, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}

	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	writer.WriteField("mark", "room-201")
	writer.WriteField("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	writer.WriteField("random", strconv.Itoa(rand.Intn(1e9)))
	writer.CreateFormFile("file", filepath.Base(path))
	head := form.Len()
	writer.Close()
	body := io.MultiReader(bytes.NewReader(form.Bytes()[:head]), file, bytes.NewReader(form.Bytes()[head:]))

	request, err := http.NewRequest("POST", url, body)
	if err != nil {
		return err
	}
	request.ContentLength = int64(form.Len()) + info.Size() // otherwise the body is sent chunked
	request.Header.Set("Content-Type", writer.FormDataContentType())
	reply, err := client.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	io.Copy(io.Discard, reply.Body)
	if reply.StatusCode != 200 {
		return fmt.Errorf("status %d", reply.StatusCode)
	}
	return nil
}

func main() {
	if len(os.Args) != 6 {
		log.Fatal("usage: upload URL FOLDER COUNT CA WINDOW")
	}
	url, folder := os.Args[1], os.Args[2]
	count, _ := strconv.Atoi(os.Args[3])
	window, _ := strconv.Atoi(os.Args[5])
	pem, err := os.ReadFile(os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots},
		MaxIdleConnsPerHost: window,
	}}

	paths := make(chan string, window)
	var all sync.WaitGroup
	for i := 0; i < window; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for path := range paths {
				if err := upload(client, url, path); err != nil {
					log.Fatal(err)
				}
			}
		}()
	}
	filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			log.Fatal(err)
		}
		if entry.Type().IsRegular() && count > 0 {
			count--
			paths <- path
		}
		return nil
	})
	close(paths)
	all.Wait()
}
