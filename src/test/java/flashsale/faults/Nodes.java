package flashsale.faults;

import flashsale.servers.AppProcess;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Three nodes of one shop, started side by side. */
record Nodes(List<AppProcess> processes, List<Shop> shops) implements AutoCloseable {

    private static final int COUNT = 3;

    static Nodes start(AppProcess.Setup... setups) {
        var starting = IntStream.range(0, COUNT)
                .mapToObj(each -> CompletableFuture.supplyAsync(setups[each % setups.length]::start))
                .toList();
        var processes = starting.stream().map(CompletableFuture::join).toList();
        return new Nodes(processes, processes.stream().map(Shop::of).toList());
    }

    Shop first() {
        return shops.getFirst();
    }

    /** Buyers are spread evenly. */
    Shop of(Buyer buyer) {
        return shops.get((int) (Long.parseLong(buyer.userId()) % COUNT));
    }

    /** On sale now, and every node knows it. */
    Sale openSale(int stock) {
        var sale = first().openSale(stock, 1);
        awaitOpen(sale);
        return sale;
    }

    void awaitOpen(Sale sale) {
        shops.forEach(shop -> shop.awaitOpen(sale));
    }

    long epoch(Sale sale) {
        return first().audit(sale).body().path("epoch").asLong();
    }

    @Override
    public void close() {
        processes.forEach(AppProcess::close);
    }
}
