package flashsale.abuse;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** HTTP/2 by hand (RFC 9113), for what no client would send. */
public final class Http2Frames {

    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int CONTINUATION = 9;

    public static final int NONE = 0;
    public static final int ACK = 1;
    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;

    public static final int REFUSED_STREAM = 7;
    public static final int CANCEL = 8;
    public static final int ENHANCE_YOUR_CALM = 11;

    private static final int FRAME_HEADER = 9;

    private Http2Frames() {}

    static byte[] preface() {
        return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    }

    public static byte[] frame(int type, int flags, int stream, byte... payload) {
        return ByteBuffer.allocate(FRAME_HEADER + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    public static byte[] reset(int stream, int error) {
        return frame(
                RST_STREAM, NONE, stream, ByteBuffer.allocate(4).putInt(error).array());
    }

    public static byte[] setting(int id, int value) {
        return frame(
                SETTINGS,
                NONE,
                0,
                ByteBuffer.allocate(6).putShort((short) id).putInt(value).array());
    }

    /** The head of a request as a header block: the method as in the static table, nothing indexed, nothing compressed. */
    public static byte[] head(boolean post, String path, String... headers) {
        var block = new ByteArrayOutputStream();
        block.write(post ? 0x83 : 0x82);
        block.write(0x86);
        block.write(0x04);
        text(block, path);
        block.write(0x01);
        text(block, "localhost");
        for (int i = 0; i < headers.length; i += 2) {
            block.writeBytes(header(headers[i], headers[i + 1]));
        }
        return block.toByteArray();
    }

    public static byte[] header(String name, String value) {
        var block = new ByteArrayOutputStream();
        block.write(0x00);
        text(block, name);
        text(block, value);
        return block.toByteArray();
    }

    private static void text(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int left = bytes.length;
        if (left < 0x7f) {
            block.write(left);
        } else {
            block.write(0x7f);
            for (left -= 0x7f; left >= 0x80; left >>= 7) {
                block.write(0x80 | (left & 0x7f));
            }
            block.write(left);
        }
        block.writeBytes(bytes);
    }
}
