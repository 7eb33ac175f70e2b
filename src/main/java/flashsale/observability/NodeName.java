package flashsale.observability;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ThreadLocalRandom;

/** How this node is called where nodes are told apart: in reports of its health, and in its stores. */
public record NodeName(String text) {

    /** Two nodes on one machine differ in their port; where that is any free one, by chance. */
    public static NodeName ofThisMachine(int port) {
        String unique =
                port == 0 ? Integer.toHexString(ThreadLocalRandom.current().nextInt()) : Integer.toString(port);
        return new NodeName(machine() + ":" + unique);
    }

    /** Of a connection to Redis, which takes neither spaces nor what is not ASCII: {@code flash-sale-stock@node-1:8080}. */
    public String atRedis(String purpose) {
        return "flash-sale-" + purpose + "@" + text.replaceAll("[^!-~]", "_");
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
