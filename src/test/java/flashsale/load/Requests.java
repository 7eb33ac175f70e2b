package flashsale.load;

import java.nio.charset.StandardCharsets;

/** Requests as bytes, ready to be sent. */
final class Requests {

    private Requests() {}

    static byte[] tap(String sale, String token, String key) {
        String body = "{\"quantity\":1}";
        return bytes("POST /api/sales/" + sale + "/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token
                + "\r\nIdempotency-Key: " + key + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body);
    }

    static byte[] get(String path, String token) {
        return bytes("GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n\r\n");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
