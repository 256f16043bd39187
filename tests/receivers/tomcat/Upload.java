// A receiver in Java: one file a request, stored once for each Idempotency-Key.
import com.google.gson.Gson;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.MultipartConfig;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;

// [readme]
@WebServlet("/upload")
@MultipartConfig(maxFileSize = 1L << 30, maxRequestSize = 1L << 30, fileSizeThreshold = 1 << 16)
public class Upload extends HttpServlet {
  private static final Path STORE = Path.of(System.getenv("STORE"));

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
    request.setCharacterEncoding("UTF-8");
    Part file = request.getPart("file"); // reads the whole request: sluice trusts no reply that comes earlier
    String key = request.getHeader("Idempotency-Key");
    response.setContentType("application/json");
    if (file == null || file.getSubmittedFileName() == null || key == null || !key.matches("[0-9a-f-]{36}")) {
      response.setStatus(400);
      response.getWriter().print("{\"code\":1}");
      return;
    }
    Path stored = STORE.resolve(key);
    if (!Files.exists(stored)) { // otherwise the same key again, which gets the same reply
      keep(file, stored, key, request.getParameterMap());
    }
    response.getWriter().print(new Gson().toJson(Map.of("code", 0, "sha256", digest(stored))));
  }

  private static void keep(Part file, Path stored, String key, Map<String, String[]> fields) throws IOException {
    Path part = Files.createTempFile(STORE, ".part-", "");
    try (var body = file.getInputStream(); var out = Files.newOutputStream(part)) {
      body.transferTo(out);
    }
    sync(part);
    var entry = Map.of("key", key, "fields", fields, "name", file.getSubmittedFileName(),
        "size", file.getSize(), "sha256", digest(part));
    // First the ledger: a line that comes twice does no harm, a missing one would.
    append(STORE.resolve("ledger"), new Gson().toJson(entry) + "\n");
    Files.move(part, stored, StandardCopyOption.ATOMIC_MOVE);
    sync(STORE); // a power failure now takes nothing back
  }
  // [readme]

  private static void sync(Path path) throws IOException {
    try (var file = FileChannel.open(path)) {
      file.force(true);
    }
  }

  private static void append(Path path, String line) throws IOException {
    try (var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      file.write(ByteBuffer.wrap(line.getBytes("UTF-8")));
      file.force(true);
    }
  }

  private static String digest(Path path) throws IOException {
    try (var file = Files.newInputStream(path)) {
      var sum = MessageDigest.getInstance("SHA-256");
      byte[] block = new byte[1 << 16];
      for (int n; (n = file.read(block)) > 0; ) {
        sum.update(block, 0, n);
      }
      return HexFormat.of().formatHex(sum.digest());
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
  }
}
