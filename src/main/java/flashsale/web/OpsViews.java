package flashsale.web;

import flashsale.order.outbox.DeadLetter;
import flashsale.sale.AuditReport;
import flashsale.sale.StockPosition;
import flashsale.sale.SyncReport;
import flashsale.sale.WarmUpProgress;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The JSON that operations see. */
final class OpsViews {

    private OpsViews() {}

    record RoleJson(String id, String role) {}

    /** @param ended how many sessions the user had */
    record LoggedOutJson(String id, int ended) {}

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
}
