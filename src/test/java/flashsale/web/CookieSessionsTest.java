package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.session.Sessions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.session.ReactiveSessionRepository;
import org.springframework.session.Session;
import tools.jackson.databind.JsonNode;

/** A browser's session: what proves it, what does not, and how forged requests fare. */
class CookieSessionsTest extends OnSharedServers {

    @Autowired
    private Sessions sessions;

    @Autowired
    private ReactiveSessionRepository<? extends Session> repository;

    @Test
    void aLoginOfTypeWebSetsBothCookies() {
        Api.Reply login = new Browser(api).logIn(user(), "d");

        List<String> cookies = login.headers().allValues("Set-Cookie");
        assertThat(cookies).hasSize(2);
        assertThat(cookies)
                .filteredOn(cookie -> cookie.startsWith("SESSION="))
                .singleElement()
                .asString()
                .contains("; Path=/;", "; HTTPOnly", "; SameSite=Lax")
                .doesNotContain("Domain");
        assertThat(cookies)
                .filteredOn(cookie -> cookie.startsWith("XSRF-TOKEN="))
                .singleElement()
                .asString()
                .contains("; Path=/;", "; SameSite=Lax")
                .doesNotContain("HTTPOnly", "Domain");
        assertThat(cookies).allSatisfy(cookie -> assertThat(maxAge(cookie)).isBetween(7_190, 7_200));
    }

    private static int maxAge(String cookie) {
        return Integer.parseInt(cookie.replaceAll(".*; Max-Age=(\\d+);.*", "$1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"app", "miniapp"})
    void otherLoginsSetNone(String clientType) {
        Api.Reply login = api.post("/api/sessions", null, """
                {"username":"%s","password":"long enough","clientType":"%s","deviceId":"d"}
                """.formatted(user(), clientType));

        assertThat(login.status()).isEqualTo(201);
        assertThat(login.headers().allValues("Set-Cookie")).isEmpty();
    }

    @Test
    void aBrowserReadsAndBuysByCookie() {
        Browser browser = loggedIn(user());
        String path = "/api/sales/" + openSale() + "/orders";

        assertThat(browser.get("/api/orders").status()).isEqualTo(200);
        Api.Reply bought = browser.call("POST", path, "{\"quantity\":1}");
        assertThat(bought.status()).as(bought.text()).isEqualTo(201);
        assertThat(browser.get(bought.header("Location")).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /api/sales/%s/orders",
                "POST /api/sales/999999999/orders",
                "DELETE /api/sessions/current",
                "DELETE /api/sessions",
                "DELETE /api/sessions/x",
                "PUT /api/users/me/password",
                "POST /api/ops/sales"
            })
    void whatChangesSomethingNeedsTheTokenOfThisSession(String call) {
        String[] methodAndPath = call.formatted(openSale()).split(" ");
        Browser browser = loggedIn(user());
        String ofAnother = loggedIn(user()).cookies.get("XSRF-TOKEN");

        for (String[] headers : new String[][] {
            {}, {"X-XSRF-TOKEN", ""}, {"X-XSRF-TOKEN", "wrong"}, {"X-XSRF-TOKEN", ofAnother},
        }) {
            Api.Reply refused = browser.withoutToken(methodAndPath[0], methodAndPath[1], "{\"quantity\":1}", headers);
            assertThat(refused.problem()).isEqualTo("csrf-token-missing");
            assertThat(refused.status()).isEqualTo(403);
        }
        // A token of the attacker's own in both places, which a mere comparison of cookie and header would take.
        browser.cookies.put("XSRF-TOKEN", ofAnother);
        assertThat(browser.call(methodAndPath[0], methodAndPath[1], "{\"quantity\":1}")
                        .problem())
                .isEqualTo("csrf-token-missing");
        assertThat(browser.get("/api/orders").status()).isEqualTo(200);
    }

    @Test
    void aRefusalSetsTheTokenAnewSoThatOneRetryWillDo() {
        Browser browser = loggedIn(user());
        String token = browser.cookies.remove("XSRF-TOKEN");

        Api.Reply refused = browser.call("DELETE", "/api/sessions", null);

        assertThat(refused.problem()).isEqualTo("csrf-token-missing");
        assertThat(browser.cookies).containsEntry("XSRF-TOKEN", token);
        assertThat(refused.header("X-XSRF-TOKEN")).isEqualTo(token);
        assertThat(browser.call("DELETE", "/api/sessions", null).status()).isEqualTo(204);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "wrong"})
    void aLostTokenIsSetAgainAndAGoodOneIsNot(String instead) {
        Browser browser = loggedIn(user());
        String token = browser.cookies.put("XSRF-TOKEN", instead);

        assertThat(browser.get("/api/orders").headers().allValues("Set-Cookie")).hasSize(1);
        assertThat(browser.cookies).containsEntry("XSRF-TOKEN", token);
        assertThat(browser.get("/api/orders").headers().allValues("Set-Cookie")).isEmpty();
    }

    @Test
    void withoutAnySessionTheLackOfItIsToldFirst() {
        assertThat(new Browser(api)
                        .withoutToken("POST", "/api/sales/999999999/orders", "{}")
                        .problem())
                .isEqualTo("unauthenticated");
    }

    @Test
    void aBearerNeedsNoToken() {
        String name = user();
        String token = app(name);
        Browser browser = loggedIn(name);

        Api.Reply ended = browser.withoutToken("DELETE", "/api/sessions", null, "Authorization", "Bearer " + token);

        assertThat(ended.status()).isEqualTo(204);
        assertThat(browser.get("/api/orders").problem()).isEqualTo("session-ended");
    }

    @Test
    void theHeaderBeatsTheCookieWholly() {
        String name = user();
        String ended = app(name);
        String mine = app(name);
        Browser browser = loggedIn(user());
        String session = browser.cookies.get("SESSION");

        for (String bad : List.of("Bearer nonsense", "Bearer ", "Basic dXNlcjpwYXNz", "")) {
            Api.Reply reply = browser.withoutToken("GET", "/api/orders", null, "Authorization", bad);
            assertThat(reply.problem()).as(bad).isEqualTo("unauthenticated");
        }
        Api.Reply over = browser.withoutToken("GET", "/api/orders", null, "Authorization", "Bearer " + ended);
        assertThat(over.problem()).isEqualTo("session-ended");
        assertThat(over.headers().allValues("Set-Cookie")).isEmpty();
        Api.Reply both = browser.withoutToken("GET", "/api/sessions", null, "Authorization", "Bearer " + mine);
        assertThat(currentId(both)).isEqualTo(currentId(api.get("/api/sessions", mine)));
        assertThat(browser.cookies).containsEntry("SESSION", session);
    }

    @Test
    void twoProofsOfAKindAreNone() {
        String name = user();
        String token = app(name);
        String session = "SESSION=" + loggedIn(name).cookies.get("SESSION");
        String other = "SESSION=" + loggedIn(user()).cookies.get("SESSION");

        for (String second : List.of(token, app(user()), "nonsense")) {
            assertThat(api.call("GET", "/api/orders", token, null, "Authorization", "Bearer " + second)
                            .problem())
                    .isEqualTo("unauthenticated");
        }
        for (String second : List.of(session, other, "SESSION=nonsense", "SESSION=")) {
            assertThat(withCookies(session + "; " + second)).isEqualTo("unauthenticated");
            assertThat(api.call("GET", "/api/orders", null, null, "Cookie", session, "Cookie", second)
                            .problem())
                    .isEqualTo("unauthenticated");
        }
    }

    private String withCookies(String cookies) {
        return api.call("GET", "/api/orders", null, null, "Cookie", cookies).problem();
    }

    @Test
    void onlyOurSignatureOpensASession() {
        String name = user();
        String good = loggedIn(name).cookies.get("SESSION");
        String id = good.substring(0, good.indexOf('.'));
        String appId = currentId(api.get("/api/sessions", app(name)));
        String signature = good.substring(good.indexOf('.'));

        for (String bad : List.of(
                id,
                id + ".",
                id + signature.substring(0, signature.length() - 1),
                id + signature + "x",
                id.substring(1) + signature,
                appId,
                appId + signature,
                "." + signature,
                signature)) {
            assertThat(withCookies("SESSION=" + bad)).as(bad).isEqualTo("unauthenticated");
        }
        // Signed by us, as a leak of another use of the signature would be: an app has no cookies.
        assertThat(withCookies("SESSION=" + sessions.cookie(appId))).isEqualTo("unauthenticated");
    }

    @Test
    void aLoginGetsASessionOfItsOwnWhateverCookieWasPlanted() {
        Browser attacker = loggedIn(user());
        String planted = attacker.cookies.get("SESSION");
        String anonymous = savedAnonymous(repository);
        String victim = user();

        for (String cookie : List.of(planted, sessions.cookie(anonymous), anonymous, "chosen-by-me")) {
            Browser browser = new Browser(api);
            browser.cookies.put("SESSION", cookie);
            browser.cookies.put("XSRF-TOKEN", attacker.cookies.get("XSRF-TOKEN"));
            browser.logIn(victim, "browser");

            assertThat(browser.cookies.get("SESSION")).isNotEqualTo(cookie);
            assertThat(browser.cookies.get("XSRF-TOKEN")).isNotEqualTo(attacker.cookies.get("XSRF-TOKEN"));
            assertThat(currentId(browser.get("/api/sessions"))).isNotEqualTo(idIn(cookie));
        }
        assertThat(withCookies("SESSION=" + sessions.cookie(anonymous))).isEqualTo("unauthenticated");
        assertThat(currentId(attacker.get("/api/sessions"))).isEqualTo(idIn(planted));
    }

    private static String idIn(String cookie) {
        return cookie.split("\\.", 2)[0];
    }

    private static <S extends Session> String savedAnonymous(ReactiveSessionRepository<S> repository) {
        return repository
                .createSession()
                .flatMap(session -> {
                    session.setAttribute("cart", "one phone");
                    return repository.save(session).thenReturn(session.getId());
                })
                .block();
    }

    @Test
    void aLogoutClearsBothCookies() {
        Browser browser = loggedIn(user());
        String cookies = browser.header();

        Api.Reply out = browser.call("DELETE", "/api/sessions/current", null);

        assertThat(out.status()).isEqualTo(204);
        assertThat(browser.cookies).isEmpty();
        assertThat(withCookies(cookies)).isEqualTo("session-ended");
    }

    @Test
    void endingTheOwnSessionByItsIdIsALogout() {
        Browser browser = loggedIn(user());
        String cookies = browser.header();
        String id = currentId(browser.get("/api/sessions"));

        assertThat(browser.call("DELETE", "/api/sessions/" + id, null).status()).isEqualTo(204);

        assertThat(browser.cookies).isEmpty();
        JsonNode problem =
                api.call("GET", "/api/orders", null, null, "Cookie", cookies).json();
        assertThat(problem.path("reason").asString()).isEqualTo("logged-out");
    }

    @Test
    void anEndedSessionLeavesNoCookies() {
        String name = user();
        Browser browser = loggedIn(name);
        loggedIn(name);

        assertThat(browser.get("/api/orders").problem()).isEqualTo("session-ended");
        assertThat(browser.cookies).isEmpty();
    }
}
