package flashsale.sale.degradation;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ThreadLocalRandom;

/** How this node is called in reports. */
record NodeName(String text) {

    /** Two nodes on one machine differ in their port; where that is any free one, by chance. */
    static NodeName ofThisMachine(int port) {
        String unique =
                port == 0 ? Integer.toHexString(ThreadLocalRandom.current().nextInt()) : Integer.toString(port);
        return new NodeName(machine() + ":" + unique);
    }

    private static String machine() {
        String hostname = System.getenv("HOSTNAME");
        if (hostname != null && !hostname.isBlank()) {
            return hostname;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }
}
