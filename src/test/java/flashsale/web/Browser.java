package flashsale.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a browser and a page of ours do for a user: keep the cookies, and repeat the CSRF token in a header. */
final class Browser {

    final Map<String, String> cookies = new TreeMap<>();

    private final Api api;

    Browser(Api api) {
        this.api = api;
    }

    Api.Reply logIn(String username, String device) {
        Api.Reply reply = withoutToken(
                "POST",
                "/api/sessions",
                "{\"username\":\"%s\",\"password\":\"long enough\",\"clientType\":\"web\",\"deviceId\":\"%s\"}"
                        .formatted(username, device));
        if (reply.status() != 201) {
            throw new AssertionError("Login failed: " + reply);
        }
        return reply;
    }

    Api.Reply get(String path) {
        return withoutToken("GET", path, null);
    }

    Api.Reply call(String method, String path, @Nullable String body, String... headers) {
        List<String> all = new ArrayList<>(List.of(headers));
        all.addAll(List.of("X-XSRF-TOKEN", cookies.getOrDefault("XSRF-TOKEN", "none")));
        return withoutToken(method, path, body, all.toArray(String[]::new));
    }

    /** As a page of somebody else's site can. */
    Api.Reply withoutToken(String method, String path, @Nullable String body, String... headers) {
        List<String> all = new ArrayList<>(List.of(headers));
        if (!cookies.isEmpty()) {
            all.addAll(List.of("Cookie", header()));
        }
        Api.Reply reply = api.call(method, path, null, body, all.toArray(String[]::new));
        reply.headers().allValues("Set-Cookie").forEach(this::keep);
        return reply;
    }

    String header() {
        return cookies.entrySet().stream()
                .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                .collect(Collectors.joining("; "));
    }

    private void keep(String setCookie) {
        String[] nameAndValue = setCookie.substring(0, setCookie.indexOf(';')).split("=", 2);
        if (setCookie.contains("Max-Age=0;")) {
            cookies.remove(nameAndValue[0]);
        } else {
            cookies.put(nameAndValue[0], nameAndValue[1]);
        }
    }
}
