package flashsale.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The rows of a service's table, as far as its mapping has them. */
final class ServiceRows {

    static final String CONSTANT = "constant";
    static final String SOLD_OUT = "sold out";
    static final String INSUFFICIENT = "reserve only: not enough left";
    static final String PURCHASE = "purchase, order committed";
    static final String REPLAY = "replay of a purchase";
    static final String BROWSE = "browse a sale";

    private final Service service;
    private final Mapping mapping;
    private final Processes processes;
    private final Options options;
    private final Requests requests;
    private final List<String> buyers;
    private final List<Integer> shed;

    /** The latest sale of the purchases; who won there asks again in the replay. */
    private record Bought(String sale, Path requests, long winners) {}

    private Bought bought = new Bought("", Path.of("."), 0);

    /** Purchases a second by connections, as last seen. */
    private final Map<Integer, Double> rates = new HashMap<>();

    ServiceRows(Service service, Processes processes, Options options, Requests requests) {
        this.service = service;
        this.mapping = service.mapping;
        this.processes = processes;
        this.options = options;
        this.requests = requests;
        this.shed = mapping.has("purchase.shed") ? mapping.numbers("purchase.shed") : List.of();
        this.buyers = service.tokens(options.buyers());
    }

    List<Row> all() {
        List<String> one = buyers.subList(0, 1);
        List<Row> rows = new ArrayList<>();
        Call constant = mapping.call("constant", "GET");
        if (constant != null) {
            rows.add(cycle(CONSTANT, constant, 200, "none", one));
        }
        String empty = service.soldOut(one.getFirst());
        // The winner's own tap would be a replay.
        List<String> losers = buyers.subList(1, buyers.size());
        rows.add(cycle(SOLD_OUT, purchase(), mapping.number("purchase.sold-out"), empty, losers));
        Call tooMany = mapping.call("insufficient", "POST");
        if (tooMany != null) {
            rows.add(cycle(INSUFFICIENT, tooMany, mapping.number("insufficient.status"), service.sale(1, 2), buyers));
        }
        rows.add(new Row(PURCHASE, processes, this::openSale, seconds -> buy(options.connections(), seconds)));
        if (mapping.has("purchase.replayed")) {
            rows.add(new Row(REPLAY, processes, this::replay));
        }
        Call browse = mapping.call("browse", "GET");
        if (browse != null) {
            rows.add(cycle(BROWSE, browse, 200, service.sale(1_000, 1), one));
        }
        if (constant != null) {
            rows.add(cycle(CONSTANT + crowd(), options.crowd(), constant, 200, "none", one));
        }
        rows.add(new Row(PURCHASE + crowd(), processes, this::openSale, seconds -> buy(options.crowd(), seconds)));
        return rows;
    }

    /** Of this service alone, under another name. */
    Row purchases(String name) {
        return new Row(name, processes, this::openSale, seconds -> buy(options.connections(), seconds));
    }

    private String crowd() {
        return crowd(options);
    }

    /** At the end of the names of rows with more connections. */
    static String crowd(Options options) {
        return ", " + options.crowd() + " connections";
    }

    private Call purchase() {
        return Objects.requireNonNull(mapping.call("purchase", "POST"));
    }

    /** The same requests again and again, by so many that nobody meets a limit of his own. */
    private Row cycle(String row, Call call, int status, String sale, List<String> who) {
        return cycle(row, options.connections(), call, status, sale, who);
    }

    private Row cycle(String row, int connections, Call call, int status, String sale, List<String> who) {
        Path written = requests.write(row, service.url(), call, sale, who);
        return new Row(row, processes, seconds -> requests.send(
                        service.url(), connections, written, who.size(), Wrk.Order.CYCLE, seconds)
                .only(row, status, shed, options.shed()));
    }

    private void openSale() {
        String sale = service.sale(buyers.size(), 1);
        bought = new Bought(sale, requests.write(PURCHASE, service.url(), purchase(), sale, buyers), 0);
    }

    /** Each buyer once. What was answered is compared with what the service says it sold. */
    private Answers buy(int connections, int seconds) {
        double rate = rates.getOrDefault(connections, 0.0);
        int enough = rate == 0 ? seconds : (int) Math.clamp((long) (0.8 * buyers.size() / rate), 1, seconds);
        Wrk wrk = requests.send(service.url(), connections, bought.requests(), buyers.size(), Wrk.Order.ONCE, enough);
        int won = mapping.number("purchase.won");
        rates.put(connections, wrk.statuses().getOrDefault(won, 0L) / wrk.seconds());
        if (wrk.spent()) {
            bought = new Bought(bought.sale(), bought.requests(), buyers.size());
            throw new Row.CutShort("All " + buyers.size() + " buyers have bought before " + enough + " s were over");
        }
        Answers answers = wrk.only(PURCHASE, won, shed, options.shed());
        bought = new Bought(bought.sale(), bought.requests(), answers.count());
        long sold = service.sold(bought.sale());
        // Those under way when wrk ended are sold and not answered.
        if (sold >= 0 && (sold < answers.count() || sold > answers.count() + connections)) {
            throw new IllegalStateException(
                    answers.count() + " were told they had bought, " + sold + " units are sold");
        }
        return answers;
    }

    private Answers replay(int seconds) {
        // The first half: all of these were answered.
        int most = (int) Math.max(1, bought.winners() / 2);
        long before = service.sold(bought.sale());
        Answers answers = requests.send(
                        service.url(), options.connections(), bought.requests(), most, Wrk.Order.CYCLE, seconds)
                .only(REPLAY, mapping.number("purchase.replayed"), shed, options.shed());
        if (service.sold(bought.sale()) != before) {
            throw new IllegalStateException("Replays have sold units");
        }
        return answers;
    }
}
