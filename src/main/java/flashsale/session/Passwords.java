package flashsale.session;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Hashes passwords on threads of its own, with a bounded queue: beyond it {@link QueueFull}. A caller who goes away
 * gives its place in the queue back.
 */
final class Passwords implements AutoCloseable {

    /** bcrypt ignores what is longer, so that two long passwords with the same beginning would be one. */
    static final int MAX_BYTES = 72;

    private final BCryptPasswordEncoder encoder;
    private final String nobodysHash;
    private final Scheduler hashing;

    /** New passwords may take a quarter of the queue: registering needs no account, so anybody can make a storm of it. */
    private final Semaphore newPasswords;

    private final int most;
    private final AtomicInteger waiting = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    Passwords(SessionSettings.Hashing settings, SecureRandom random) {
        this.encoder = new BCryptPasswordEncoder(settings.cost(), random);
        this.nobodysHash = encoder.encode("the password of an unknown user");
        this.hashing = Schedulers.newBoundedElastic(settings.threads(), settings.queue(), "password", 60, true);
        this.most = settings.threads() * (settings.queue() + 1);
        this.newPasswords = new Semaphore(Math.max(1, settings.threads() * settings.queue() / 4));
    }

    Mono<String> hash(String password) {
        return Mono.using(this::place, taken -> onHashingThread(() -> encoder.encode(password)), Semaphore::release);
    }

    private Semaphore place() {
        if (!newPasswords.tryAcquire()) {
            refused.increment();
            throw new QueueFull(
                    "new passwords for their hash",
                    new RejectedExecutionException("a quarter of the queue is for them"));
        }
        return newPasswords;
    }

    /** Takes as long for a user without a hash, or an impossible password, as for any other. */
    Mono<Boolean> matches(String password, @Nullable String hash) {
        if (hash == null || tooLong(password)) {
            return onHashingThread(() -> encoder.matches("anything", nobodysHash))
                    .thenReturn(false);
        }
        return onHashingThread(() -> encoder.matches(password, hash));
    }

    static boolean tooLong(String password) {
        return password.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES;
    }

    private <T> Mono<T> onHashingThread(Callable<T> work) {
        return Mono.defer(() -> {
                    waiting.incrementAndGet();
                    return Mono.fromCallable(work).subscribeOn(hashing).doFinally(end -> waiting.decrementAndGet());
                })
                .doOnError(RejectedExecutionException.class, full -> refused.increment())
                .onErrorMap(RejectedExecutionException.class, full -> new QueueFull("passwords for their hash", full));
    }

    /** Waiting for a thread or on one. */
    int waiting() {
        return waiting.get();
    }

    int most() {
        return most;
    }

    long refused() {
        return refused.sum();
    }

    @Override
    public void close() {
        hashing.dispose();
    }
}
