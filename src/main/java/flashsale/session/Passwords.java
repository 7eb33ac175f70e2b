package flashsale.session;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
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

    Passwords(SessionSettings.Hashing settings, SecureRandom random) {
        this.encoder = new BCryptPasswordEncoder(settings.cost(), random);
        this.nobodysHash = encoder.encode("the password of an unknown user");
        this.hashing = Schedulers.newBoundedElastic(settings.threads(), settings.queue(), "password", 60, true);
    }

    Mono<String> hash(String password) {
        return onHashingThread(() -> encoder.encode(password));
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
        return Mono.fromCallable(work)
                .subscribeOn(hashing)
                .onErrorMap(RejectedExecutionException.class, full -> new QueueFull("passwords for their hash", full));
    }

    @Override
    public void close() {
        hashing.dispose();
    }
}
