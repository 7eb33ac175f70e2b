package flashsale.servers;

import flashsale.servers.FaultTrigger.Direction;
import flashsale.servers.FaultTrigger.Fault;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;

/** One connection through a {@link FaultProxy}: a thread for the requests, a thread for the replies. */
final class ProxiedConnection {

    private static final int CHUNK = 16 * 1024;

    private final FaultProxy proxy;
    private final Socket client;
    private final Socket server;
    private volatile boolean answersLost;
    private volatile boolean answersHeld;

    ProxiedConnection(FaultProxy proxy, Socket client, Socket server) throws IOException {
        this.proxy = proxy;
        this.client = client;
        this.server = server;
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
    }

    void start() {
        Thread.ofPlatform().daemon().name("fault-proxy-requests").start(() -> pump(Direction.REQUEST, client, server));
        Thread.ofPlatform().daemon().name("fault-proxy-replies").start(() -> pump(Direction.REPLY, server, client));
    }

    private void pump(Direction direction, Socket from, Socket to) {
        byte[] passed = {};
        byte[] buffer = new byte[CHUNK];
        try {
            for (int read = from.getInputStream().read(buffer);
                    read >= 0;
                    read = from.getInputStream().read(buffer)) {
                byte[] chunk = Arrays.copyOf(buffer, read);
                pass(direction, passed, chunk, to);
                passed = lastOf(passed, chunk);
            }
        } catch (IOException closed) {
            // Either side may leave at any time; the other is told below.
        }
        switch (direction) {
            case REQUEST -> cut();
            case REPLY -> {
                close(client);
                close(server);
                proxy.gone(this);
            }
        }
    }

    private void pass(Direction direction, byte[] passed, byte[] chunk, Socket to) throws IOException {
        var struck = proxy.triggers().stream()
                .filter(trigger -> trigger.strikes(direction, passed, chunk))
                .toList();
        proxy.beforePassing();
        call(Fault.CALL_BEFORE, struck);
        // Before the request is passed on, or its answer could slip through.
        answersLost |= has(Fault.LOSE_ANSWERS, struck) || direction == Direction.REQUEST && has(Fault.CUT, struck);
        answersHeld |= has(Fault.HOLD_ANSWERS, struck);
        if (direction == Direction.REPLY && answersHeld) {
            proxy.heldAnswers().pass();
        }
        if (direction == Direction.REQUEST || !answersLost) {
            to.getOutputStream().write(chunk);
        }
        call(Fault.CALL_AFTER, struck);
        if (has(Fault.CUT, struck)) {
            cut();
        }
        struck.forEach(FaultTrigger::struck);
    }

    private static void call(Fault when, List<FaultTrigger> struck) {
        struck.stream().filter(trigger -> trigger.fault() == when).forEach(FaultTrigger::call);
    }

    private static boolean has(Fault fault, List<FaultTrigger> struck) {
        return struck.stream().anyMatch(trigger -> trigger.fault() == fault);
    }

    private static byte[] lastOf(byte[] passed, byte[] chunk) {
        byte[] all = Arrays.copyOf(passed, passed.length + chunk.length);
        System.arraycopy(chunk, 0, all, passed.length, chunk.length);
        return all.length <= FaultTrigger.LONGEST_PATTERN
                ? all
                : Arrays.copyOfRange(all, all.length - FaultTrigger.LONGEST_PATTERN, all.length);
    }

    /**
     * The server is sent an orderly end behind what it already got: a reset would make it forget requests it has
     * received and not read. The reply thread goes on reading until the server has ended too.
     */
    void cut() {
        answersLost = true;
        close(client);
        if (server.isOutputShutdown()) {
            return;
        }
        try {
            server.shutdownOutput();
        } catch (IOException alreadyEnded) {
            close(server);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException alreadyClosed) {
            // That is what was wanted.
        }
    }
}
