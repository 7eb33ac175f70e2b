package flashsale.plan;

import java.util.EnumMap;
import java.util.Map;

/** Calls a second, each kind at its mean rate. */
record Mix(Map<Call, Double> perSecond) {

    Mix {
        perSecond = Map.copyOf(perSecond);
    }

    static Mix of(double looks, double logins, double purchases, double replays, double refusals) {
        var rates = new EnumMap<Call, Double>(Call.class);
        rates.put(Call.LOOK, looks);
        rates.put(Call.LOGIN, logins);
        rates.put(Call.PURCHASE, purchases);
        rates.put(Call.REPLAY, replays);
        rates.put(Call.REFUSAL, refusals);
        return new Mix(rates);
    }

    double of(Call call) {
        return perSecond.getOrDefault(call, 0.0);
    }

    double total() {
        return perSecond.values().stream().mapToDouble(Double::doubleValue).sum();
    }
}
