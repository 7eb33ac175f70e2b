package flashsale.session;

import flashsale.servers.PostgresServer;
import flashsale.servers.RedisServer;
import flashsale.servers.Servers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;
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

    /** Of this package alone: some tests count commands and subscribers. */
    static final Servers SERVERS = Servers.fresh();

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
        Node node = startOn(SERVERS.redis(), properties);
        Eventually.holds("Redis is reached", node::reachesRedis);
        return node;
    }

    static Node startOn(RedisServer redis, String... properties) {
        PostgresServer.Database database = migrated();
        var all = new HashMap<>(Map.of(
                "spring.data.redis.url",
                redis.url(),
                "spring.r2dbc.url",
                database.r2dbcUrl(),
                "spring.r2dbc.username",
                database.username(),
                "spring.r2dbc.password",
                database.password(),
                // A second is too little for a busy machine on which everything is called for the first time.
                "spring.data.redis.timeout",
                "10s",
                "flash-sale.session.jwt-secret",
                SECRET,
                "flash-sale.session.hashing.cost",
                "4",
                // Whatever is seen sooner was seen because of a message.
                "flash-sale.session.view.ttl",
                "1h"));
        for (String property : properties) {
            String[] nameAndValue = property.split("=", 2);
            all.put(nameAndValue[0], nameAndValue[1]);
        }
        return new Node(new SpringApplicationBuilder(Room.class)
                .web(WebApplicationType.NONE)
                .profiles("local")
                .run(all.entrySet().stream()
                        .map(property -> "--" + property.getKey() + "=" + property.getValue())
                        .toArray(String[]::new)));
    }

    private static PostgresServer.Database migrated() {
        PostgresServer.Database database = SERVERS.database();
        Flyway.configure()
                .dataSource(database.jdbcUrl(), database.username(), database.password())
                .load()
                .migrate();
        return database;
    }

    boolean reachesRedis() {
        return Boolean.TRUE.equals(
                sessions().of(0).thenReturn(true).onErrorReturn(false).block());
    }

    Sessions sessions() {
        return context.getBean(Sessions.class);
    }

    Logins logins() {
        return context.getBean(Logins.class);
    }

    LiveSession known(IssuedSession session) {
        return sessions().known(new Proof.Bearer(session.accessToken()));
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
        return logins().login(username, password, type, "a phone", address).block();
    }

    /** Without a password: what is tested here comes after it. */
    LoginResult open(Users.User user, ClientType type, String deviceId) {
        return logins().open(user.id(), user.role(), type, deviceId).block();
    }

    IssuedSession login(Users.User user, ClientType type) {
        return ((LoginResult.LoggedIn) tryLogin(user.username(), PASSWORD, type, "10.0.0.1")).issued();
    }

    Authentication authenticate(IssuedSession session) {
        return sessions().authenticate(new Proof.Bearer(session.accessToken())).block();
    }

    static boolean isLive(Authentication authentication) {
        return authentication instanceof Authentication.Authenticated;
    }

    /** Why and when this session ended, once this node has heard of it. */
    SessionEnd endOf(IssuedSession session) {
        Eventually.holds("the end is known", () -> !isLive(authenticate(session)));
        return ((Authentication.SessionEnded) authenticate(session)).end();
    }

    /** Calls of each command the server has seen. */
    static Map<String, Long> commandCalls(RedisCommands<String, String> redis) {
        var calls = new TreeMap<String, Long>();
        redis.info("commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_"))
                .forEach(line -> {
                    String name = line.substring("cmdstat_".length(), line.indexOf(':'));
                    // The view's own upkeep goes on by the clock, whether or not anybody asks.
                    if (!Set.of("info", "publish", "exists").contains(name)) {
                        calls.put(name, Long.valueOf(line.replaceAll("[^:]*:calls=(\\d+),.*", "$1")));
                    }
                });
        return calls;
    }

    /** So many nodes hear what the others tell. */
    static void awaitListening(RedisCommands<String, String> redis, long nodes) {
        Eventually.holds(
                nodes + " nodes listen",
                () -> redis.pubsubNumsub(SessionKeys.CHANGED).get(SessionKeys.CHANGED) == nodes);
    }

    static RedisClient redisClient() {
        return RedisClient.create(SERVERS.redis().url());
    }

    @Override
    public void close() {
        context.close();
    }
}
