package flashsale.database;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.observability.StoreProbe;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import reactor.core.publisher.Mono;

class StoresHealthTest {

    private final DatabaseReady ready = new DatabaseReady();
    private boolean redisAnswers = true;
    private boolean postgresAnswers = true;
    private final StoresHealth stores = new StoresHealth(
            ready,
            List.of(
                    new StoreProbe("redis", Mono.defer(() -> answer(redisAnswers))),
                    new StoreProbe("postgresql", Mono.defer(() -> answer(postgresAnswers)))));

    private static Mono<Void> answer(boolean answers) {
        return answers ? Mono.empty() : Mono.error(new IllegalStateException("away"));
    }

    private Health now() {
        return Objects.requireNonNull(stores.health().block());
    }

    @Test
    void aNodeIsReadyOnceEachStoreHasAnsweredThoughNeverAtTheSameTime() {
        ready.markReady();
        postgresAnswers = false;
        assertThat(now().getStatus()).isEqualTo(Status.DOWN);
        postgresAnswers = true;
        redisAnswers = false;
        assertThat(now().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void aStoreThatGoesAwayLaterIsNamedAndTakesNoNodeOutOfService() {
        ready.markReady();
        assertThat(now().getStatus()).isEqualTo(Status.UP);
        redisAnswers = false;
        postgresAnswers = false;
        assertThat(now().getStatus()).isEqualTo(Status.UP);
        assertThat(now().getDetails())
                .containsEntry("redis", false)
                .containsEntry("postgresql", false)
                .containsEntry("migrated", true);
    }

    @Test
    void withoutItsSchemaNoNodeIsReady() {
        assertThat(now().getStatus()).isEqualTo(Status.DOWN);
        assertThat(now().getDetails()).containsEntry("redis", true).containsEntry("migrated", false);
    }
}
