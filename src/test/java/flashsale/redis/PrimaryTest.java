package flashsale.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.servers.RedisSentinels;
import flashsale.servers.RedisServer;
import flashsale.servers.RedisServer.Persistence;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three real Sentinels that do not agree. */
class PrimaryTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Nobody dies here, and a busy machine must not be taken for that. */
    private static final Duration DOWN_AFTER = Duration.ofMinutes(5);

    private RedisServer first;
    private RedisServer other;
    private RedisSentinels sentinels;
    private RedisClient client;
    private Primary primary;

    @BeforeEach
    void start() {
        first = RedisServer.local(Persistence.NONE);
        other = RedisServer.local(Persistence.NONE);
        sentinels = RedisSentinels.watching(first, DOWN_AFTER);
        client = RedisClient.create();
        primary = new Primary(client, RedisURI.create(sentinels.url()), PATIENCE);
    }

    @AfterEach
    void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        sentinels.close();
        other.close();
        first.close();
    }

    /** Whichever answers soonest: the driver would ask the first of the list alone. */
    @Test
    void oneThatIsCutOffFromTheOthersIsNotBelieved() {
        sentinels.mislead(0, other);
        assertThat(sentinels.primaryPorts()).containsExactly(other.port(), first.port(), first.port());

        for (int times = 0; times < 20; times++) {
            assertThat(address().getPort()).isEqualTo(first.port());
        }
    }

    @Test
    void twoThatAgreeAreEnough() {
        sentinels.forget(0);
        assertThat(address().getPort()).isEqualTo(first.port());
    }

    @Test
    void whereNoTwoAgreeThereIsNone() {
        sentinels.mislead(0, other);
        sentinels.forget(1);

        assertThatThrownBy(this::address).isInstanceOf(RedisUnavailable.class).hasMessageContaining("no majority");
    }

    private RedisURI address() {
        return Objects.requireNonNull(primary.address().block(PATIENCE));
    }
}
