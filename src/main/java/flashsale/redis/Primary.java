package flashsale.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Where the Redis is that sales are put into: at a fixed address, or where most of its Sentinels say. Not where the first
 * of them says that answers, as the driver has it: one that is cut off from the others still names the old primary, and a
 * node that believed it would put sales into a Redis that the rest of the world has left.
 */
final class Primary {

    private static final Logger log = LoggerFactory.getLogger(Primary.class);

    private final RedisClient client;
    private final RedisURI configured;
    private final Duration patience;

    /** @param patience how long a Sentinel may take to be reached and to answer */
    Primary(RedisClient client, RedisURI configured, Duration patience) {
        this.client = client;
        this.configured = configured;
        this.patience = patience;
    }

    /** Lazy; asks anew each time. {@link RedisUnavailable} where fewer than a majority of the Sentinels agree. */
    Mono<RedisURI> address() {
        List<RedisURI> sentinels = configured.getSentinels();
        return sentinels.isEmpty()
                ? Mono.just(configured)
                : Flux.fromIterable(sentinels)
                        .flatMap(this::asked, sentinels.size())
                        .collectList()
                        .map(answers -> agreed(answers, sentinels.size()))
                        .map(this::at);
    }

    /** Empty where it does not answer, or knows no Redis of that name. */
    private Mono<InetSocketAddress> asked(RedisURI sentinel) {
        return Connecting.to(() -> client.connectSentinelAsync(StringCodec.UTF8, sentinel))
                .flatMap(connection -> told(connection)
                        .doFinally(end -> connection.closeAsync())
                        .cast(InetSocketAddress.class))
                .timeout(patience)
                .onErrorResume(fault -> {
                    log.debug("Sentinel {} does not answer: {}", sentinel, fault.toString());
                    return Mono.empty();
                });
    }

    private Mono<SocketAddress> told(StatefulRedisSentinelConnection<String, String> connection) {
        return Mono.fromCompletionStage(() -> connection.async().getMasterAddrByName(configured.getSentinelMasterId()));
    }

    private InetSocketAddress agreed(List<InetSocketAddress> answers, int asked) {
        Map<InetSocketAddress, Long> votes =
                answers.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        Optional<InetSocketAddress> most = votes.entrySet().stream()
                .filter(entry -> entry.getValue() > asked / 2)
                .map(Map.Entry::getKey)
                .findFirst();
        return most.orElseThrow(() -> new RedisUnavailable("Of " + asked + " Sentinels of "
                + configured.getSentinelMasterId() + " no majority names one primary: " + votes));
    }

    private RedisURI at(InetSocketAddress primary) {
        RedisURI address = RedisURI.Builder.redis(primary.getHostString(), primary.getPort())
                .withSsl(configured)
                .withAuthentication(configured)
                .withDatabase(configured.getDatabase())
                .withTimeout(configured.getTimeout())
                .build();
        address.setClientName(configured.getClientName());
        return address;
    }
}
