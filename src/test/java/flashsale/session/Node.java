package flashsale.session;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.validation.autoconfigure.ValidationAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The room alone, as one node of the application runs it; several may share their servers. */
record Node(ConfigurableApplicationContext context) implements AutoCloseable {

    static final String SECRET = "a-secret-of-the-tests-that-is-long-enough";
    static final String PASSWORD = "correct horse";

    private static final AtomicInteger USERS = new AtomicInteger();

    @Configuration(proxyBeanMethods = false)
    @Import(SessionConfiguration.class)
    @ImportAutoConfiguration({
        DataRedisAutoConfiguration.class,
        DataRedisReactiveAutoConfiguration.class,
        R2dbcAutoConfiguration.class,
        ValidationAutoConfiguration.class
    })
    static class Room {}

    static Node start(String... properties) {
        Node node = startOn(SessionServers.redisUrl(), properties);
        Eventually.holds("Redis is reached", node::reachesRedis);
        return node;
    }

    static Node startOn(String redisUrl, String... properties) {
        var all = new ArrayList<>(List.of(
                "spring.data.redis.url=" + redisUrl,
                "spring.r2dbc.url=" + SessionServers.r2dbcUrl(),
                "flash-sale.session.jwt-secret=" + SECRET,
                "flash-sale.session.hashing.cost=4",
                // Whatever is seen sooner was seen because of a message.
                "flash-sale.session.view.ttl=1h"));
        all.addAll(List.of(properties));
        return new Node(new SpringApplicationBuilder(Room.class)
                .web(WebApplicationType.NONE)
                .profiles("local")
                .properties(all.toArray(String[]::new))
                .run());
    }

    boolean reachesRedis() {
        return Boolean.TRUE.equals(
                sessions().of(0).thenReturn(true).onErrorReturn(false).block());
    }

    Sessions sessions() {
        return context.getBean(Sessions.class);
    }

    Users users() {
        return context.getBean(Users.class);
    }

    SessionView view() {
        return context.getBean(SessionView.class);
    }

    Users.User newUser() {
        return users().register("user-" + System.nanoTime() + "-" + USERS.incrementAndGet(), PASSWORD)
                .block();
    }

    LoginResult tryLogin(String username, String password, ClientType type, String address) {
        return sessions().login(username, password, type, "a phone", address).block();
    }

    IssuedSession login(Users.User user, ClientType type) {
        return ((LoginResult.LoggedIn) tryLogin(user.username(), PASSWORD, type, "10.0.0.1")).issued();
    }

    Authentication authenticate(IssuedSession session) {
        return sessions().authenticate(session.accessToken()).block();
    }

    /** Calls of each command the server has seen. */
    static Map<String, Long> commandCalls(RedisCommands<String, String> redis) {
        var calls = new TreeMap<String, Long>();
        redis.info("commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_"))
                .forEach(line -> {
                    String name = line.substring("cmdstat_".length(), line.indexOf(':'));
                    if (!name.equals("info")) {
                        calls.put(name, Long.valueOf(line.replaceAll("[^:]*:calls=(\\d+),.*", "$1")));
                    }
                });
        return calls;
    }

    static RedisClient redisClient() {
        return RedisClient.create(SessionServers.redisUrl());
    }

    @Override
    public void close() {
        context.close();
    }
}
