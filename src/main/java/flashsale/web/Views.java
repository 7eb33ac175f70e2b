package flashsale.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.order.Snapshot;
import flashsale.order.outbox.DeadLetter;
import flashsale.purchase.OrderStatus;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.TapsReport;
import flashsale.sale.AuditReport;
import flashsale.sale.SaleState;
import flashsale.sale.SaleView;
import flashsale.sale.StockPosition;
import flashsale.sale.SyncReport;
import flashsale.sale.WarmUpProgress;
import flashsale.session.IssuedSession;
import flashsale.session.LoadTestBuyers;
import flashsale.session.Session;
import flashsale.session.Users;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The JSON of the contract, shape by shape. Ids are strings: JavaScript has no 64-bit numbers. */
final class Views {

    private Views() {}

    record UserJson(String id, String username) {
        static UserJson of(Users.User user) {
            return new UserJson(Long.toString(user.id()), user.username());
        }
    }

    record RoleJson(String id, String role) {}

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

    /** @param ended how many sessions the user had */
    record LoggedOutJson(String id, int ended) {}

    /** @param serverTime left out where it stands beside a list of sales */
    record SaleJson(
            String id,
            String name,
            long priceCents,
            String currency,
            long stock,
            long available,
            Instant startsAt,
            Instant endsAt,
            int perUserLimit,
            SaleState state,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Instant serverTime) {

        static SaleJson of(SaleView view, Instant now, @Nullable Instant serverTime) {
            return new SaleJson(
                    Long.toString(view.id()),
                    view.sale().name(),
                    view.sale().priceCents(),
                    view.sale().currency(),
                    view.stock(),
                    view.available(),
                    view.sale().startsAt(),
                    view.sale().endsAt(),
                    view.sale().perUserLimit(),
                    view.state(now),
                    serverTime);
        }
    }

    record SalesJson(List<SaleJson> sales, Instant serverTime) {}

    record SaleEventJson(SaleState state, long available, Instant serverTime) {}

    record OrderJson(
            String id,
            String saleId,
            int quantity,
            long amountCents,
            String currency,
            OrderState state,
            int stateVersion,
            Instant createdAt,
            Instant payBefore,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String trackingNumber) {
        static OrderJson of(Order order) {
            return new OrderJson(
                    order.id().toString(),
                    Long.toString(order.saleId()),
                    order.quantity(),
                    order.amountCents(),
                    order.currency(),
                    order.state(),
                    order.stateVersion(),
                    order.createdAt(),
                    order.payBefore(),
                    order.trackingNumber());
        }
    }

    record SnapshotJson(
            OrderState state,
            @Nullable OrderState prevState,
            int stateVersion,
            Instant occurredAt,
            Map<String, Object> metadata) {
        static SnapshotJson of(Snapshot snapshot) {
            return new SnapshotJson(
                    snapshot.state(),
                    snapshot.prevState(),
                    snapshot.stateVersion(),
                    snapshot.occurredAt(),
                    snapshot.metadata());
        }
    }

    record HistoryJson(List<SnapshotJson> history) {}

    record OrdersJson(List<OrderJson> orders) {}

    record UnderwayJson(String id, String saleId, String state, String statusUrl) {
        static UnderwayJson of(PurchaseOutcome.Underway underway) {
            String id = underway.orderId().toString();
            return new UnderwayJson(
                    id, Long.toString(underway.saleId()), underway.stage().name(), "/api/orders/" + id);
        }
    }

    /** An order whose row does not exist (yet). */
    record UnplacedJson(
            String id,
            String saleId,
            String state,
            @Nullable String reason) {
        static UnplacedJson of(UUID id, long saleId, String state, @Nullable String reason) {
            return new UnplacedJson(id.toString(), Long.toString(saleId), state, reason);
        }
    }

    static Object status(OrderStatus status) {
        return switch (status) {
            case OrderStatus.Placed placed -> OrderJson.of(placed.order());
            case OrderStatus.Underway underway ->
                UnplacedJson.of(
                        underway.orderId(), underway.saleId(), underway.stage().name(), null);
            case OrderStatus.Released released ->
                UnplacedJson.of(released.orderId(), released.saleId(), "RELEASED", released.reason());
        };
    }

    record TapsJson(TapsReport.Outcome outcome, List<OrderJson> orders) {
        static TapsJson of(TapsReport report) {
            return new TapsJson(
                    report.outcome(),
                    report.orders().stream().map(OrderJson::of).toList());
        }
    }

    record PositionJson(String saleId, long epoch, long available) {
        static PositionJson of(StockPosition position) {
            return new PositionJson(Long.toString(position.saleId()), position.epoch(), position.available());
        }
    }

    record PreheatJson(String saleId, long epoch, long available, boolean preheated) {
        static PreheatJson of(StockPosition position) {
            return new PreheatJson(
                    Long.toString(position.saleId()), position.epoch(), position.available(), position.preheated());
        }
    }

    record AuditJson(
            String saleId,
            long stock,
            @Nullable Long available,
            @Nullable Long held,
            @Nullable Long returning,
            long sold,
            @Nullable Long drift,
            long epoch,
            boolean consistent) {
        static AuditJson of(AuditReport audit) {
            return new AuditJson(
                    Long.toString(audit.saleId()),
                    audit.stock(),
                    audit.available(),
                    audit.held(),
                    audit.returning(),
                    audit.sold(),
                    audit.drift(),
                    audit.epoch(),
                    audit.consistent());
        }
    }

    record SyncJson(
            String saleId,
            long epoch,
            @Nullable Long available,
            @Nullable Long drift,
            boolean consistent,
            long repaired) {
        static SyncJson of(SyncReport sync) {
            AuditReport after = sync.after();
            return new SyncJson(
                    Long.toString(after.saleId()),
                    after.epoch(),
                    after.available(),
                    after.drift(),
                    after.consistent(),
                    sync.repaired());
        }
    }

    record WarmUpJson(
            String saleId,
            WarmUpProgress.State state,
            int attempts,
            @Nullable Instant failingSince,
            @Nullable String lastError,
            @Nullable Instant nextTryAt) {
        static WarmUpJson of(WarmUpProgress progress) {
            return new WarmUpJson(
                    Long.toString(progress.saleId()),
                    progress.state(),
                    progress.attempts(),
                    progress.failingSince(),
                    progress.lastError(),
                    progress.nextTryAt());
        }
    }

    record WarmUpsJson(List<WarmUpJson> warmUps) {}

    record DeadLetterJson(String id, String kind, String orderId, int attempts, String lastError, Instant deadSince) {
        static DeadLetterJson of(DeadLetter letter) {
            return new DeadLetterJson(
                    letter.id(),
                    letter.kind(),
                    letter.orderId().toString(),
                    letter.attempts(),
                    letter.lastError(),
                    letter.deadSince());
        }
    }

    record DeadLettersJson(List<DeadLetterJson> deadLetters) {}

    record RetriedJson(String id) {}

    record ActionJson(
            String id,
            String actor,
            String action,
            String target,
            String detail,
            String outcome,
            String requestId,
            Instant occurredAt) {}

    record ActionsJson(List<ActionJson> actions) {}

    record BuyerJson(String userId, String accessToken) {}

    record BuyersJson(List<BuyerJson> sessions) {
        static BuyersJson of(List<LoadTestBuyers.Buyer> buyers) {
            return new BuyersJson(buyers.stream()
                    .map(buyer -> new BuyerJson(Long.toString(buyer.userId()), buyer.accessToken()))
                    .toList());
        }
    }
}
