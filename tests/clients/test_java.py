"""Test of Java's HTTP client, with the proxy and the trust store from the environment."""

PROGRAM = """
import java.io.*;
import java.net.*;

public class Program {
    public static void main(String[] args) throws Exception {
        URL url = new URL("https://api.dropboxapi.com/2/files/create_folder_v2");
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        String token = System.getenv("DROPBOX_ACCESS_TOKEN");
        connection.setRequestProperty("Authorization", "Bearer " + token);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.getOutputStream().write("{\\"path\\": \\"/from Java\\"}".getBytes("UTF-8"));
        System.out.print(connection.getResponseCode());
    }
}
"""


def test_a_call_with_the_real_host_name_reaches_the_server(program, tmp_path, dropbox_service):
    (tmp_path / "Program.java").write_text(PROGRAM)
    assert program("java", "Program.java") == "200"
    assert dropbox_service.tree() == "/\n  from Java/"
