using System.Diagnostics;
using System.Globalization;

namespace EtlTableOps.Testing;

/// <summary>The installed server programs, and how to run them: they refuse to run as root.</summary>
internal sealed class PostgreSqlPrograms
{
    // One shell keeps the server: it makes it, waits on its input, and stops and deletes it when that input ends. The input ends with the
    // test process however that dies, so that nothing is left behind by a killed run.
    private const string Keeper = """
        set -e
        trap '' INT HUP
        dir=$1 port=$2 bin=$3 durable=$4
        # Open to others: the tests, which may run as another user, look for the socket in it. The data directory is closed by initdb.
        mkdir -m 755 "$dir"
        trap 'rm -rf "$dir"' EXIT
        "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
        cat >>"$dir/data/postgresql.conf" <<EOF
        listen_addresses = '127.0.0.1'
        port = $port
        unix_socket_directories = '$dir'
        fsync = $durable
        full_page_writes = $durable
        synchronous_commit = $durable
        wal_level = logical
        max_wal_size = 4GB
        max_connections = 200
        max_prepared_transactions = 5
        shared_buffers = 128MB
        EOF
        cat >"$dir/data/pg_hba.conf" <<EOF
        local all etl_secret scram-sha-256
        host all etl_secret 127.0.0.1/32 scram-sha-256
        local all all trust
        host all all 127.0.0.1/32 trust
        local replication all trust
        host replication all 127.0.0.1/32 trust
        EOF
        # Temporary tables of sessions that died with a server are removed by autovacuum.
        [ $durable = off ] || echo 'autovacuum_naptime = 1s' >>"$dir/data/postgresql.conf"
        run() { "$bin/postgres" -D "$dir/data" >>"$dir/server.log" 2>&1 & server=$!; }
        run
        if [ $durable = on ]; then
          trap '' TERM
          # It is killed on purpose; each line of the input asks for it to be started again.
          while read -r line; do wait $server || true; run; done
          kill -INT $server || true
          wait $server || true
          exit
        fi
        # A server that ends by itself must end the keeper too, or the tests would wait for it.
        ( while kill -0 $server 2>/dev/null; do sleep 0.2; done; kill $$ 2>/dev/null ) &
        watcher=$!
        trap 'cat "$dir/server.log" >&2; rm -rf "$dir"; exit 1' TERM
        read -r line || true
        trap '' TERM
        kill $watcher
        kill -INT $server
        wait $server || true
        """;

    private readonly string directory;

    private PostgreSqlPrograms(string directory) => this.directory = directory;

    /// <summary>Looks for the newest server; null when none is installed.</summary>
    public static PostgreSqlPrograms? Find()
    {
        var places = new List<string>();
        const string debian = "/usr/lib/postgresql";
        if (Directory.Exists(debian))
        {
            places.AddRange(Directory.GetDirectories(debian)
                .OrderByDescending(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0)
                .Select(d => Path.Combine(d, "bin")));
        }
        places.AddRange((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        var place = places.Find(p => File.Exists(Path.Combine(p, "initdb")) && File.Exists(Path.Combine(p, "postgres")));
        return place is null ? null : new PostgreSqlPrograms(place);
    }

    /// <summary>The path of another program of the same server; null when it is not installed.</summary>
    public string? PathOf(string program) => Path.Combine(directory, program) is var path && File.Exists(path) ? path : null;

    /// <summary>Starts the keeper of a new server.</summary>
    /// <param name="durable">Whether what was committed must survive a crash, as on a real server; else it is fast.</param>
    public Process StartKeeper(string data, int port, bool durable)
    {
        var start = new ProcessStartInfo
        {
            RedirectStandardInput = true, RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        string[] shell = ["/bin/sh", "-c", Keeper.ReplaceLineEndings("\n"), "keeper", data, port.ToString(CultureInfo.InvariantCulture), directory, durable ? "on" : "off"];
        var command = Environment.IsPrivilegedProcess ? [.. AsAnother(), .. shell] : shell;
        start.FileName = command[0];
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new IOException("the shell could not be started");
    }

    private static string[] AsAnother()
    {
        var known = File.ReadLines("/etc/passwd").Select(l => l.Split(':')[0]).ToHashSet();
        var user = known.Contains("postgres") ? "postgres" : "nobody";
        foreach (var (program, arguments) in new (string, string[])[]
        {
            ("/usr/bin/setpriv", [$"--reuid={user}", "--clear-groups", "--regid=" + GroupOf(user), "--"]),
            ("/usr/sbin/runuser", ["-u", user, "--"]),
            ("/sbin/runuser", ["-u", user, "--"]),
        })
        {
            if (File.Exists(program)) return [program, .. arguments];
        }
        throw new IOException("the server refuses to run as root, and neither setpriv nor runuser is installed to run it as another user");
    }

    private static string GroupOf(string user) =>
        File.ReadLines("/etc/passwd").Select(l => l.Split(':')).First(p => p[0] == user)[3];
}
