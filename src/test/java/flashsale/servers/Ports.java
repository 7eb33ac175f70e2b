package flashsale.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** Ports nobody listens on, each given out once: its server may be down for a while and come back. */
final class Ports {

    /**
     * Below the range from which the kernel takes ports of outgoing connections (32768 up on Linux): a server that
     * was killed must find its port free when it comes back.
     */
    private static final int LOWEST = 20_000;

    private static final int HIGHEST = 32_000;

    private static final Set<Integer> GIVEN_OUT = ConcurrentHashMap.newKeySet();

    private Ports() {}

    static int free() {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
            try (var probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                if (GIVEN_OUT.add(port)) {
                    return probe.getLocalPort();
                }
            } catch (IOException taken) {
                continue;
            }
        }
        throw new IllegalStateException("no free port between " + LOWEST + " and " + HIGHEST);
    }
}
