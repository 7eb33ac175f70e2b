package flashsale.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy that breaks things at a chosen byte: an answer lost after execution, a connection cut behind a request,
 * something done just before a request is passed on. It knows no protocol, only patterns in either direction.
 *
 * <pre>{@code
 * var lost = proxy.onRequest("EVALSHA").loseAnswers();
 * ... one purchase ...
 * lost.awaitFired();
 * }</pre>
 */
public final class FaultProxy implements AutoCloseable {

    private final String host;
    private final int serverPort;
    private final ServerSocket listener;
    private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
    private final List<FaultTrigger> triggers = new CopyOnWriteArrayList<>();
    private final Gate everything = new Gate();
    private final Gate heldAnswers = new Gate();
    private final AtomicInteger connected = new AtomicInteger();
    private volatile Duration delay = Duration.ZERO;

    private FaultProxy(String host, int serverPort) throws IOException {
        this.host = host;
        this.serverPort = serverPort;
        this.listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("fault-proxy").start(this::accept);
    }

    public static FaultProxy inFrontOf(String host, int port) {
        try {
            return new FaultProxy(host, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static FaultProxy inFrontOf(RedisServer redis) {
        return inFrontOf(redis.host(), redis.port());
    }

    public static FaultProxy inFrontOf(PostgresServer postgres) {
        return inFrontOf(postgres.host(), postgres.port());
    }

    public String host() {
        return "localhost";
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** The same address, by way of this proxy. */
    public String through(String url) {
        return url.replace(host + ":" + serverPort, host() + ":" + port());
    }

    /** @param pattern ASCII; may be spread over several packets */
    public FaultTrigger onRequest(String pattern) {
        return new FaultTrigger(this, FaultTrigger.Direction.REQUEST, pattern);
    }

    public FaultTrigger onReply(String pattern) {
        return new FaultTrigger(this, FaultTrigger.Direction.REPLY, pattern);
    }

    /** Nothing passes in either direction until {@link #resume}; connections stay open. */
    public void pause() {
        everything.close();
    }

    public void resume() {
        everything.open();
    }

    /** Of every packet, in both directions. */
    public void delay(Duration each) {
        delay = each;
    }

    /** Lets the answers go that {@link FaultTrigger#holdAnswers} keeps. */
    public void releaseAnswers() {
        heldAnswers.open();
    }

    /** Connections made so far, also those that ended. */
    public int connected() {
        return connected.get();
    }

    public void cutAll() {
        connections.forEach(ProxiedConnection::cut);
    }

    /** Forgets every fault; open connections go on. */
    public void heal() {
        triggers.clear();
        delay = Duration.ZERO;
        heldAnswers.open();
        everything.open();
    }

    @Override
    public void close() {
        heal();
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cutAll();
    }

    void register(FaultTrigger trigger) {
        triggers.add(trigger);
    }

    List<FaultTrigger> triggers() {
        return triggers;
    }

    Gate heldAnswers() {
        return heldAnswers;
    }

    void beforePassing() {
        everything.pass();
        if (delay.isPositive()) {
            Signals.pause(delay.toMillis());
        }
    }

    void gone(ProxiedConnection connection) {
        connections.remove(connection);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                try {
                    var connection = new ProxiedConnection(this, client, new Socket(host, serverPort));
                    connections.add(connection);
                    connected.incrementAndGet();
                    connection.start();
                } catch (IOException serverAway) {
                    client.close();
                }
            } catch (IOException closed) {
                continue;
            }
        }
    }

    /** Open or closed; whoever passes waits while it is closed. */
    static final class Gate {
        private boolean closed;

        synchronized void close() {
            closed = true;
        }

        synchronized void open() {
            closed = false;
            notifyAll();
        }

        synchronized void pass() {
            try {
                while (closed) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
