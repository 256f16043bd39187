-- wrk sends the body prepared in a file, the same each time; its first line is the boundary.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.body = file:read("*a")
  file:close()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "multipart/form-data; boundary=" .. wrk.body:match("^%-%-([^\r]+)")
end
