package flashsale.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A Lua script of {@code lua-scripts/}, with the digest Redis knows it by. */
public record Script(String name, String source, String sha1) {

    /** All that were read, by digest: as many as there are files. */
    private static final Map<String, String> NAMES = new ConcurrentHashMap<>();

    /** Reads {@code lua-scripts/<name>.lua}; a missing file is a broken build, so it fails the start. */
    public static Script named(String name) {
        String path = "lua-scripts/" + name + ".lua";
        try (InputStream file = Script.class.getClassLoader().getResourceAsStream(path)) {
            if (file == null) {
                throw new IllegalStateException("No script " + path + " on the class path");
            }
            byte[] source = file.readAllBytes();
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(source);
            String sha1 = HexFormat.of().formatHex(digest);
            NAMES.put(sha1, name);
            return new Script(name, new String(source, StandardCharsets.UTF_8), sha1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-1", e);
        }
    }

    /** Null for one that was not read here. */
    static @Nullable String nameOf(@Nullable String sha1) {
        return sha1 == null ? null : NAMES.get(sha1);
    }
}
