package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.Servers;
import flashsale.session.Sessions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.session.ReactiveSessionRepository;

/** A page on Spring Session's {@code WebSession}, which is the same record as the API's, and leaves it as it is. */
class AccountPageTest extends OnSharedServers {

    private static final String RECORDS = "flash-sale:session:sessions:";

    @Autowired
    private ReactiveSessionRepository<?> repository;

    @Autowired
    private Sessions sessions;

    private RedisClient client;
    private RedisCommands<String, String> redis;

    @BeforeEach
    void openRedis() {
        client = RedisClient.create(Servers.shared().redis().url());
        redis = client.connect().sync();
    }

    @AfterEach
    void closeRedis() {
        client.shutdown();
    }

    @Test
    void itShowsWhoIsLoggedInWhereAndEscapesWhatUsersTyped() {
        String name = user();
        api.logIn(name, "long enough", "app");
        Browser browser = new Browser(api);
        browser.logIn(name, "<script>alert('it')</script>");

        Api.Reply page = browser.get("/account");

        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Content-Type")).isEqualTo("text/html;charset=UTF-8");
        assertThat(page.header("Cache-Control")).isEqualTo("no-store");
        assertThat(page.header("Content-Security-Policy"))
                .contains("default-src 'none'", "script-src 'self'")
                .doesNotContain("unsafe");
        assertThat(page.text())
                .contains("(USER) on &lt;script&gt;alert(&#39;it&#39;)&lt;/script&gt; since 20", "app test")
                .doesNotContain("<script>alert");
        assertThat(page.text().split("data-session=\"" + id(browser) + "\">Log out here"))
                .hasSize(2);
        assertThat(api.get("/account.js", null).text()).contains("X-XSRF-TOKEN");
    }

    private static String id(Browser browser) {
        String cookie = browser.cookies.get("SESSION");
        return cookie.substring(0, cookie.indexOf('.'));
    }

    @Test
    void itNeitherLengthensNorShortensTheSessionNorSetsACookie() {
        Browser browser = loggedIn(user());
        String key = RECORDS + id(browser);
        redis.pexpire(key, 1_000_000);

        Api.Reply page = browser.get("/account");

        assertThat(page.status()).isEqualTo(200);
        assertThat(page.headers().allValues("Set-Cookie")).isEmpty();
        assertThat(redis.pttl(key)).isBetween(900_000L, 1_000_000L);
        redis.persist(key);
        browser.get("/account");
        assertThat(redis.pttl(key)).as("a record without an end gets one").isPositive();
    }

    @Test
    void whoIsNotLoggedInIsToldHowToAndLeavesNothing() {
        long before = records();
        Browser stranger = new Browser(api);
        stranger.cookies.put("SESSION", "made-up");

        for (String cookie : new String[] {"made-up", "made-up.abc", sessions.cookie("signed-but-never-there")}) {
            stranger.cookies.put("SESSION", cookie);
            Api.Reply page = stranger.get("/account");
            assertThat(page.status()).isEqualTo(401);
            assertThat(page.text()).contains("POST /api/sessions");
        }
        assertThat(new Browser(api).get("/account").headers().allValues("Set-Cookie"))
                .isEmpty();
        assertThat(records()).isEqualTo(before);
    }

    private long records() {
        return redis.keys(RECORDS + "*").size();
    }

    @Test
    void theHeaderBeatsTheCookieHereToo() {
        String token = app(user());

        Api.Reply page = loggedIn(user()).withoutToken("GET", "/account", null, "Authorization", "Bearer " + token);

        assertThat(page.status()).isEqualTo(401);
        assertThat(page.text()).doesNotContain("Where you are logged in");
    }

    @Test
    void anEndedSessionIsToldWhy() {
        String name = user();
        Browser browser = loggedIn(name);
        new Browser(api).logIn(name, "the other one");

        Api.Reply page = browser.get("/account");

        assertThat(page.status()).isEqualTo(401);
        assertThat(page.text()).contains("the other one");
        assertThat(browser.cookies).isEmpty();
    }

    @Test
    void aSessionThatSpringInvalidatesEndsAsALogoutDoes() {
        String name = user();
        Browser browser = loggedIn(name);
        String phone = app(name);

        repository.deleteById(id(browser)).block();

        Api.Reply refused = browser.get("/api/orders");
        assertThat(refused.problem()).isEqualTo("session-ended");
        assertThat(refused.json().path("reason").asString()).isEqualTo("logged-out");
        assertThat(api.get("/api/sessions", phone).json().path("sessions")).hasSize(1);
    }

    @Test
    void aSessionThatIsNoneOfOursIsSimplyDeleted() {
        redis.hset(RECORDS + "foreign", "creationTime", "{\"long\":1}");

        repository.deleteById("foreign").block();

        assertThat(redis.exists(RECORDS + "foreign")).isZero();
        assertThat(redis.exists("flash-sale:session:ended:foreign")).isZero();
    }

    @Test
    void whatIsSavedWhileTheSessionEndsIsNoSession() {
        redis.hset(RECORDS + "ghost", "lastAccessedTime", "{\"long\":1}");

        assertThat(repository.findById("ghost").blockOptional()).isEmpty();
        assertThat(redis.exists(RECORDS + "ghost")).isZero();
    }
}
