# A receiver with Rack: one file a request, stored once for each Idempotency-Key.
require 'digest'
require 'json'
require 'rack'
require 'tempfile'

# [readme]
STORE = ENV.fetch('STORE')

upload = lambda do |env|
  request = Rack::Request.new(env)
  file, *fields = request.POST.values_at('file', 'mark', 'timestamp', 'random') # reads the whole request
  key = request.get_header('HTTP_IDEMPOTENCY_KEY').to_s
  unless file.is_a?(Hash) && key.match?(/\A[0-9a-f-]{36}\z/)
    return [400, { 'content-type' => 'application/json' }, ['{"code":1}']]
  end
  stored = "#{STORE}/#{key}"
  keep(file, stored, key, %w[mark timestamp random].zip(fields).to_h) unless File.exist?(stored)
  # The same key again gets the same reply.
  reply = { code: 0, sha256: Digest::SHA256.file(stored).hexdigest }
  [200, { 'content-type' => 'application/json' }, [JSON.generate(reply)]]
end

def keep(file, stored, key, fields)
  part = file[:tempfile] # Rack wrote it under a random name; TMPDIR is on the file system of STORE
  part.fsync
  entry = { key: key, fields: fields, name_base64: [file[:filename].to_s].pack('m0'),
            size: part.size, sha256: Digest::SHA256.file(part.path).hexdigest }
  # First the ledger: a line that comes twice does no harm, a missing one would.
  File.open("#{STORE}/ledger", 'a') { |ledger| ledger.write("#{JSON.generate(entry)}\n") && ledger.fsync }
  File.rename(part.path, stored)
  File.open(STORE, &:fsync) # a power failure now takes nothing back
end
# [readme]

map('/upload') { run upload }
