package flashsale.servers;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What a {@link FaultProxy} does at which bytes: once, at the first match, unless told otherwise. */
public final class FaultTrigger {

    enum Direction {
        REQUEST,
        REPLY
    }

    enum Fault {
        CALL_BEFORE,
        CALL_AFTER,
        CUT,
        LOSE_ANSWERS,
        HOLD_ANSWERS
    }

    /** As much as a connection remembers of what it already passed on. */
    static final int LONGEST_PATTERN = 256;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final FaultProxy proxy;
    private final Direction direction;
    private final byte[] pattern;
    private final AtomicInteger matches = new AtomicInteger();
    private final CountDownLatch fired = new CountDownLatch(1);
    private int skipped;
    private int times = 1;
    private Fault fault = Fault.CUT;
    private Runnable callback = () -> {};

    FaultTrigger(FaultProxy proxy, Direction direction, String pattern) {
        this.proxy = proxy;
        this.direction = direction;
        this.pattern = pattern.getBytes(StandardCharsets.US_ASCII);
        if (this.pattern.length == 0 || this.pattern.length > LONGEST_PATTERN) {
            throw new IllegalArgumentException("a pattern has 1 to " + LONGEST_PATTERN + " characters");
        }
    }

    /** Lets the first matches pass unharmed. */
    public FaultTrigger skip(int matches) {
        skipped = matches;
        return this;
    }

    public FaultTrigger times(int matches) {
        times = matches;
        return this;
    }

    public FaultTrigger always() {
        return times(Integer.MAX_VALUE);
    }

    /** Runs this before the bytes that complete the match are passed on. */
    public FaultTrigger callBefore(Runnable callback) {
        this.callback = callback;
        return arm(Fault.CALL_BEFORE);
    }

    public FaultTrigger callAfter(Runnable callback) {
        this.callback = callback;
        return arm(Fault.CALL_AFTER);
    }

    /** Passes the bytes on, then cuts: the server gets and executes them, the client gets no answer and knows it. */
    public FaultTrigger cut() {
        return arm(Fault.CUT);
    }

    /** Passes the bytes on; nothing the server says on this connection reaches the client any more. */
    public FaultTrigger loseAnswers() {
        return arm(Fault.LOSE_ANSWERS);
    }

    /** Passes the bytes on; answers on every connection so matched wait for {@link FaultProxy#releaseAnswers}. */
    public FaultTrigger holdAnswers() {
        proxy.heldAnswers().close();
        return arm(Fault.HOLD_ANSWERS);
    }

    private FaultTrigger arm(Fault chosen) {
        fault = chosen;
        proxy.register(this);
        return this;
    }

    public boolean hasFired() {
        return fired.getCount() == 0;
    }

    public void awaitFired() {
        try {
            if (!fired.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("no " + direction + " with '" + new String(pattern, StandardCharsets.US_ASCII)
                        + "' came by within " + PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    Fault fault() {
        return fault;
    }

    /** Whether this fault strikes now, because these bytes complete a match that counts. */
    boolean strikes(Direction seen, byte[] passed, byte[] chunk) {
        if (seen != direction) {
            return false;
        }
        boolean strikes = false;
        for (int found = completedIn(passed, chunk); found > 0; found--) {
            int match = matches.incrementAndGet();
            strikes |= match > skipped && match - skipped <= times;
        }
        return strikes;
    }

    /** How many matches end within the chunk, counting those that began in what was passed before. */
    private int completedIn(byte[] passed, byte[] chunk) {
        int overlap = Math.min(passed.length, pattern.length - 1);
        byte[] text = new byte[overlap + chunk.length];
        System.arraycopy(passed, passed.length - overlap, text, 0, overlap);
        System.arraycopy(chunk, 0, text, overlap, chunk.length);
        int found = 0;
        for (int start = 0; start + pattern.length <= text.length; start++) {
            if (Arrays.equals(text, start, start + pattern.length, pattern, 0, pattern.length)) {
                found++;
            }
        }
        return found;
    }

    void call() {
        callback.run();
    }

    void struck() {
        fired.countDown();
    }
}
