package flashsale.web;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;

/** An event stream, read line by line. */
final class EventReader implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    final String status;

    private final Socket socket;
    private final BufferedReader lines;

    /** @param headers each ended by CRLF */
    EventReader(int port, String path, String headers) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        String request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        status = lines.readLine();
    }

    String next(String start) throws IOException {
        Instant deadline = Instant.now().plus(PATIENCE);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith(start)) {
                return line;
            }
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("No " + start + " came");
            }
        }
        throw new AssertionError("The stream ended before " + start);
    }

    /** What came until the server ended the stream; heartbeats would keep one open for ever. */
    String rest() throws IOException {
        Instant deadline = Instant.now().plus(PATIENCE);
        StringBuilder rest = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            rest.append(line).append('\n');
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("The stream did not end: " + rest);
            }
        }
        return rest.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
