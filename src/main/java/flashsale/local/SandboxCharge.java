package flashsale.local;

import tools.jackson.databind.json.JsonMapper;

/**
 * A charge as the sandbox knows it.
 *
 * @param captures how often money was taken: more than one would be a fault of somebody's
 * @param refunds how often it was given back
 */
public record SandboxCharge(
        String id,
        String order,
        String state,
        String reason,
        long amountCents,
        String currency,
        int captures,
        int refunds) {

    private static final JsonMapper JSON = JsonMapper.shared();

    SandboxCharge captured() {
        return new SandboxCharge(id, order, "captured", "", amountCents, currency, captures + 1, refunds);
    }

    SandboxCharge declined() {
        return new SandboxCharge(id, order, "declined", "do-not-honour", amountCents, currency, captures, refunds);
    }

    SandboxCharge refunded() {
        return new SandboxCharge(id, order, "refunded", "", amountCents, currency, captures, refunds + 1);
    }

    boolean isCaptured() {
        return state.equals("captured");
    }

    boolean isRefunded() {
        return state.equals("refunded");
    }

    boolean isPending() {
        return state.equals("pending");
    }

    byte[] json() {
        return JSON.writeValueAsBytes(this);
    }
}
