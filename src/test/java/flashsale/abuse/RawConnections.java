package flashsale.abuse;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Many connections of one client to this machine, driven by one thread: each sends what it is given and counts what it is told. */
final class RawConnections implements AutoCloseable {

    private static final String STATUS = "HTTP/1.1 ";

    /** What this JVM and its other tests have open besides. */
    private static final long OTHER_DESCRIPTORS = 500;

    /** One of them. */
    static final class Line {
        final int number;
        int sent;
        int answered;
        long bytes;
        private final SocketChannel channel;
        private @Nullable ByteBuffer out;
        private String tail = "";

        private Line(int number, SocketChannel channel) {
            this.number = number;
            this.channel = channel;
        }

        boolean isOpen() {
            return channel.isOpen();
        }
    }

    /** What a connection that has nothing to send is given; null for nothing now. */
    interface Behaviour {
        @Nullable
        ByteBuffer next(Line line);
    }

    private final Selector selector;
    private final List<Line> lines = new ArrayList<>();
    private final Map<Integer, Integer> answers = new TreeMap<>();
    private final ByteBuffer in = ByteBuffer.allocate(1 << 16);

    RawConnections(int port, int count) {
        try {
            selector = Selector.open();
            for (int i = 0; i < count; i++) {
                var channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                channel.configureBlocking(false);
                var line = new Line(i, channel);
                lines.add(line);
                channel.register(selector, SelectionKey.OP_READ, line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As many of these as this machine lets a process open, which it says where they are fewer. */
    static int upTo(int wanted) {
        long most = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount() - OTHER_DESCRIPTORS
                : wanted;
        if (most < wanted) {
            System.out.println(
                    "Only " + most + " of " + wanted + " connections: ulimit -Hn is " + (most + OTHER_DESCRIPTORS));
        }
        return (int) Math.min(most, wanted);
    }

    /** Each request once the one before has been answered. */
    static Behaviour requests(int each, java.util.function.Function<Line, byte[]> request) {
        return line -> line.sent == each || line.sent > line.answered ? null : ByteBuffer.wrap(request.apply(line));
    }

    /** Until each is closed, has nothing more to send and been answered {@code each} times, or time is up. */
    RawConnections run(Duration most, int each, Behaviour behaviour) {
        long end = System.nanoTime() + most.toNanos();
        try {
            while (System.nanoTime() < end && lines.stream().anyMatch(line -> line.isOpen() && line.answered < each)) {
                for (Line line : lines) {
                    send(line, behaviour);
                }
                selector.select(1);
                for (var key : selector.selectedKeys()) {
                    receive((Line) key.attachment());
                }
                selector.selectedKeys().clear();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    private static void send(Line line, Behaviour behaviour) throws IOException {
        if (!line.isOpen()) {
            return;
        }
        if (line.out == null) {
            line.out = behaviour.next(line);
            line.sent += line.out == null ? 0 : 1;
        }
        if (line.out != null) {
            try {
                line.bytes += line.channel.write(line.out);
            } catch (IOException reset) {
                // What was answered before may still be read.
                line.out.position(line.out.limit());
            }
            line.out = line.out.hasRemaining() ? line.out : null;
        }
    }

    private void receive(Line line) throws IOException {
        in.clear();
        try {
            if (line.channel.read(in) < 0) {
                line.channel.close();
            }
        } catch (IOException reset) {
            line.channel.close();
        }
        String text = line.tail + new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
        int from = 0;
        for (int at = text.indexOf(STATUS); at >= 0; at = text.indexOf(STATUS, from)) {
            if (text.length() < at + STATUS.length() + 3) {
                break;
            }
            from = at + STATUS.length() + 3;
            line.answered++;
            answers.merge(Integer.parseInt(text.substring(from - 3, from)), 1, Integer::sum);
        }
        line.tail = text.substring(Math.max(from, text.length() - STATUS.length() - 2));
    }

    /** How often each status was the answer. */
    Map<Integer, Integer> answers() {
        return answers;
    }

    long open() {
        return lines.stream().filter(Line::isOpen).count();
    }

    long bytes() {
        return lines.stream().mapToLong(line -> line.bytes).sum();
    }

    @Override
    public void close() {
        try {
            for (Line line : lines) {
                line.channel.close();
            }
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
