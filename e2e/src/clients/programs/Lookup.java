import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;

/** InetAddress.getAllByName of one name, once. */
final class Lookup {
    public static void main(String[] args) {
        long began = System.nanoTime();
        StringBuilder text = new StringBuilder("found");
        try {
            for (InetAddress address : InetAddress.getAllByName(args[0])) {
                text.append(' ').append(address.getHostAddress());
            }
        } catch (UnknownHostException error) {
            text = new StringBuilder("failed ").append(error);
        }
        System.out.printf(Locale.ROOT, "%.1f %s%n", (System.nanoTime() - began) / 1e6, text);
    }
}
