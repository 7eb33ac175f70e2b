package flashsale.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.servers.RedisServer.Persistence;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RedisServerTest {

    /** For what comes, however busy the machine is. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** For what must not come. */
    private static final Duration A_MOMENT = Duration.ofMillis(500);

    @Test
    void refusesToEvict() {
        try (var redis = RedisServer.start()) {
            assertThat(ask(redis, commands -> commands.configGet("maxmemory-policy")
                            .get("maxmemory-policy")))
                    .isEqualTo("noeviction");
        }
    }

    @Test
    void withoutPersistenceComesBackEmptyAtTheSameAddress() {
        try (var redis = RedisServer.start()) {
            ask(redis, commands -> commands.set("stock", "1"));
            redis.kill9();
            redis.restart();
            assertThat(ask(redis, commands -> commands.get("stock"))).isNull();
        }
    }

    @Test
    void withItsFileEveryAnsweredWriteSurvivesKill9() {
        try (var redis = RedisServer.start(Persistence.APPEND_ONLY_FILE)) {
            ask(redis, commands -> commands.set("stock", "1"));
            redis.kill9();
            redis.restart();
            assertThat(ask(redis, commands -> commands.get("stock"))).isEqualTo("1");
        }
    }

    @Test
    void whileFrozenItAcceptsAndDoesNotAnswer() {
        try (var redis = RedisServer.start()) {
            redis.freeze();
            assertThatThrownBy(() -> ask(redis, A_MOMENT, RedisCommands::ping))
                    .hasRootCauseInstanceOf(RedisCommandTimeoutException.class);
            redis.thaw();
            assertThat(ask(redis, RedisCommands::ping)).isEqualTo("PONG");
        }
    }

    private static @Nullable String ask(RedisServer redis, Function<RedisCommands<String, String>, String> question) {
        return ask(redis, PATIENCE, question);
    }

    private static @Nullable String ask(
            RedisServer redis, Duration timeout, Function<RedisCommands<String, String>, String> question) {
        var address = RedisURI.create(redis.url());
        address.setTimeout(timeout);
        try (var client = RedisClient.create(address)) {
            return question.apply(client.connect().sync());
        }
    }
}
