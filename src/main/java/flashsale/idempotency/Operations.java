package flashsale.idempotency;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Names purchases. Pure but for the number that tells keyless taps of one node apart. */
public final class Operations {

    private static final HexFormat HEX = HexFormat.of();
    private static final int KEY_BYTES = 16;
    private static final int BODY_BYTES = 8;

    private final String node;
    private final AtomicLong keyless = new AtomicLong();

    /** @param node unique among all nodes and restarts */
    public Operations(String node) {
        this.node = node;
    }

    public Operation named(long userId, long saleId, int quantity, @Nullable IdempotencyKey key) {
        String body = "quantity=" + quantity;
        String bodyHash = HEX.formatHex(sha256(body), 0, BODY_BYTES);
        if (key != null) {
            byte[] hash = sha256("key:" + userId + ':' + saleId + ':' + key.value());
            return new Operation(orderId(saleId, hash), HEX.formatHex(hash, 0, KEY_BYTES), bodyHash, null);
        }
        byte[] hash = sha256("keyless:" + userId + ':' + saleId + ':' + node + ':' + keyless.incrementAndGet());
        byte[] fingerprint = sha256("tap:" + userId + ':' + saleId + ':' + body);
        return new Operation(
                orderId(saleId, hash),
                HEX.formatHex(hash, 0, KEY_BYTES),
                bodyHash,
                HEX.formatHex(fingerprint, 0, KEY_BYTES));
    }

    /** A UUID of version 8 (RFC 9562): 32 bits of sale, 90 bits of hash. */
    private static UUID orderId(long saleId, byte[] hash) {
        ByteBuffer bits = ByteBuffer.wrap(Arrays.copyOf(hash, 16));
        long most = saleId << 32 | bits.getInt() & 0xFFFF_0FFFL | 0x8000L;
        long least = bits.getLong(8) & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
        return new UUID(most, least);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
