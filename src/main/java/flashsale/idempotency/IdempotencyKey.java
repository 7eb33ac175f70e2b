package flashsale.idempotency;

/**
 * The client's name for one purchase: 1 to 255 visible ASCII characters, quoted or bare
 * (draft-ietf-httpapi-idempotency-key-header).
 */
public record IdempotencyKey(String value) {

    static final int MAX_LENGTH = 255;

    public IdempotencyKey {
        if (value.isEmpty() || value.length() > MAX_LENGTH || !value.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new IllegalArgumentException("Idempotency-Key must be 1 to 255 visible ASCII characters");
        }
    }

    /**
     * Reads the header's value.
     *
     * @throws IllegalArgumentException with a message for the client, when it is malformed
     */
    public static IdempotencyKey parse(String header) {
        String trimmed = header.strip();
        boolean quoted = trimmed.length() >= 2 && trimmed.startsWith("\"") && trimmed.endsWith("\"");
        return new IdempotencyKey(quoted ? trimmed.substring(1, trimmed.length() - 1) : trimmed);
    }
}
