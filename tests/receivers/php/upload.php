<?php
// A receiver in PHP: one file a request, stored once for each Idempotency-Key.
// [readme]
$store = getenv('STORE');
$key = $_SERVER['HTTP_IDEMPOTENCY_KEY'] ?? '';
$file = $_FILES['file'] ?? ['error' => UPLOAD_ERR_NO_FILE];
header('Content-Type: application/json');
if ($file['error'] !== UPLOAD_ERR_OK || !preg_match('/^[0-9a-f-]{36}$/D', $key)) {
    http_response_code(400);
    exit(json_encode(['code' => 1, 'error' => $file['error']]));
}
$stored = "$store/$key";
if (!file_exists($stored)) { // otherwise the same key again, which gets the same reply
    $part = tempnam($store, '.part-');
    move_uploaded_file($file['tmp_name'], $part) && fsync(fopen($part, 'r+')) || throw new Exception("cannot write $part");
    $line = json_encode(['key' => $key, 'fields' => $_POST, 'name_base64' => base64_encode($file['name']),
        'size' => filesize($part), 'sha256' => hash_file('sha256', $part)]);
    // First the ledger: a line that comes twice does no harm, a missing one would.
    $ledger = fopen("$store/ledger", 'a');
    fwrite($ledger, "$line\n") && fsync($ledger) || throw new Exception('cannot write the ledger');
    rename($part, $stored) || throw new Exception("cannot write $stored");
}
echo json_encode(['code' => 0, 'sha256' => hash_file('sha256', $stored)]);
// [readme]
