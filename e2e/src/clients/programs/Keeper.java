import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.security.Security;

/**
 * A virtual machine that looks a name up once and keeps the answer for ever, as many are told to. Each line on
 * stdin makes a request over a connection of its own and is answered with "served" or the exception's class.
 */
public final class Keeper {
    public static void main(String[] args) throws IOException {
        Security.setProperty("networkaddress.cache.ttl", "-1");
        System.setProperty("http.keepAlive", "false");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        while (lines.readLine() != null) {
            System.out.println(request(args[0]));
        }
    }

    private static String request(String url) {
        try {
            HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
            connection.setConnectTimeout(20000);
            connection.setReadTimeout(20000);
            connection.getInputStream().readAllBytes();
            return "served";
        } catch (IOException error) {
            return error.getClass().getSimpleName();
        }
    }
}
