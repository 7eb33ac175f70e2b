package flashsale.sale;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a sale's way into Redis is, as one node sees it: the state is that of all nodes, the attempts are its own.
 *
 * @param attempts made by this node since the sale was last warm, the one under way included
 * @param failingSince when the first of them failed; null while none has
 * @param lastError for people, without secrets; null while none has failed
 * @param nextTryAt not before; null when nothing is left to try, or only by {@link SaleDesk#preheat}
 */
public record WarmUpProgress(
        long saleId,
        State state,
        int attempts,
        @Nullable Instant failingSince,
        @Nullable String lastError,
        @Nullable Instant nextTryAt) {

    public enum State {
        /** The last attempt failed, or another node has been at it for longer than one may take. */
        FAILED,
        /** This node or another is putting it there. */
        WARMING,
        /** Its time has not come. */
        WAITING,
        /** Redis has it, and it can sell. */
        WARM
    }
}
