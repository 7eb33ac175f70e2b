package flashsale.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import flashsale.session.IssuedSession;
import flashsale.session.LoadTestBuyers;
import flashsale.session.Session;
import flashsale.session.Users;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The JSON of users and their sessions. Ids are strings: JavaScript has no 64-bit numbers. */
final class SessionViews {

    private SessionViews() {}

    record UserJson(String id, String username) {
        static UserJson of(Users.User user) {
            return new UserJson(Long.toString(user.id()), user.username());
        }
    }

    record SessionJson(String id, String clientType, String deviceId, Instant createdAt) {
        static SessionJson of(Session session) {
            return new SessionJson(
                    session.id(),
                    session.clientType().name().toLowerCase(Locale.ROOT),
                    session.deviceId(),
                    session.createdAt());
        }
    }

    record LoginJson(String accessToken, Instant expiresAt, SessionJson session) {
        static LoginJson of(IssuedSession issued) {
            return new LoginJson(issued.accessToken(), issued.expiresAt(), SessionJson.of(issued.session()));
        }
    }

    /** @param current whether it is the session that asks */
    record ListedSessionJson(
            String id,
            String clientType,
            String deviceId,
            Instant createdAt,
            Instant lastActiveAt,
            Instant expiresAt,
            boolean current) {
        static ListedSessionJson of(Session session, String currentId) {
            return new ListedSessionJson(
                    session.id(),
                    session.clientType().name().toLowerCase(Locale.ROOT),
                    session.deviceId(),
                    session.createdAt(),
                    session.lastActive(),
                    session.endsAt(),
                    session.id().equals(currentId));
        }
    }

    record SessionsJson(List<ListedSessionJson> sessions) {}

    record ActiveSessionJson(String id, String state, Instant expiresAt) {}

    /** All absent when the end was not noted. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record SessionEndJson(
            @Nullable String reason,
            @Nullable Instant endedAt,
            @Nullable String by) {}

    record BuyerJson(String userId, String accessToken) {}

    record BuyersJson(List<BuyerJson> sessions) {
        static BuyersJson of(List<LoadTestBuyers.Buyer> buyers) {
            return new BuyersJson(buyers.stream()
                    .map(buyer -> new BuyerJson(Long.toString(buyer.userId()), buyer.accessToken()))
                    .toList());
        }
    }
}
