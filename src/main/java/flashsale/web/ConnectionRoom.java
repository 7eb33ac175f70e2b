package flashsale.web;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many connections this process can carry beside its work: the smallest of what is configured, its descriptors and its heap. */
final class ConnectionRoom {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionRoom.class);

    /** The stores' connections, the jar, logs, and those being told that there is no room. */
    private static final long OTHER_DESCRIPTORS = 512;

    /** A connection whose head is half here holds 8.4 KB of heap (SlowClientsIT prints it), one at work some more. */
    private static final long HEAP_EACH = 16 << 10;

    /** The rest is for what the connections ask for. */
    private static final int PART_OF_HEAP = 4;

    private ConnectionRoom() {}

    static int of(EdgeSettings settings) {
        long descriptors = maxDescriptors() - OTHER_DESCRIPTORS;
        long heap = Runtime.getRuntime().maxMemory() / PART_OF_HEAP / HEAP_EACH;
        int room = (int) Math.max(1, Math.min(settings.maxConnections(), Math.min(descriptors, heap)));
        if (room < settings.maxConnections()) {
            LOG.info(
                    "At most {} connections instead of {}: the heap carries {}, the file descriptors {}",
                    room,
                    settings.maxConnections(),
                    heap,
                    descriptors);
        }
        return room;
    }

    private static long maxDescriptors() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Integer.MAX_VALUE;
    }
}
