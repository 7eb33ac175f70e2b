package flashsale.abuse;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A connection of HTTP/2 without TLS on which anything may be sent. */
public final class Http2Socket implements AutoCloseable {

    /** Longer than any limit under test; who runs into it waits for something that never comes. */
    private static final int PATIENCE_MILLIS = 20_000;

    public record Frame(int type, int flags, int stream, byte[] payload) {

        /** Of a RST_STREAM or a GOAWAY. */
        public int error() {
            return ByteBuffer.wrap(payload).getInt(type == Http2Frames.GOAWAY ? 4 : 0);
        }
    }

    private final Socket socket;
    private final DataInputStream answers;

    public Http2Socket(int port) {
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            answers = new DataInputStream(socket.getInputStream());
            send(Http2Frames.preface(), Http2Frames.frame(Http2Frames.SETTINGS, Http2Frames.NONE, 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** False where the server has closed the connection. */
    public boolean send(byte[]... frames) {
        try {
            for (byte[] frame : frames) {
                socket.getOutputStream().write(frame);
            }
            return true;
        } catch (IOException closed) {
            return false;
        }
    }

    /** Null at the end of the connection. */
    public @Nullable Frame read() {
        try {
            int length = answers.readUnsignedByte() << 16 | answers.readUnsignedShort();
            int type = answers.readUnsignedByte();
            int flags = answers.readUnsignedByte();
            int stream = answers.readInt();
            return new Frame(type, flags, stream, answers.readNBytes(length));
        } catch (EOFException | SocketException closed) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next of this type; null where the connection ends without one. */
    public @Nullable Frame await(int type) {
        Frame frame = read();
        while (frame != null && frame.type() != type) {
            frame = read();
        }
        return frame;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
