using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace EtlTableOps.Testing;

/// <summary>
/// A PostgreSQL server for one test assembly: started from the installed programs with a data directory of its own, stopped and
/// deleted at the end, even when the test process is killed. <c>ETLTABLEOPS_TEST_POSTGRES</c> names a server to use instead.
/// Use it as an assembly fixture; it starts when the first database is asked for.
/// </summary>
public sealed partial class PostgreSqlCluster : IAsyncLifetime
{
    /// <summary>The role that signs in by password alone.</summary>
    public const string SecretRole = "etl_secret";

    /// <summary>Its password.</summary>
    public const string SecretPassword = "pa ss@word:/?#%";

    private readonly SemaphoreSlim starting = new(1, 1);
    private Process? keeper;
    private NpgsqlConnectionStringBuilder? server;
    private string? missing;
    private int databases;

    /// <summary>
    /// Whether the server writes as a real one does, so that what was committed survives a crash, and may be killed and started again
    /// (<see cref="CrashAsync"/>). Always one of our own.
    /// </summary>
    public bool Durable { get; init; }

    /// <summary>Where the unix socket stands; null for a server that we did not start.</summary>
    public string? SocketDirectory { get; private set; }

    private static bool IsPromised => string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether this process started the server, so that tests may freeze or kill parts of it.</summary>
    public bool IsOwn => keeper is not null;

    /// <summary>The superuser as whom the tests work.</summary>
    public string User => server?.Username ?? "postgres";

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Makes an empty database and returns its name; skips the test when no server can be had.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        await StartAsync();
        Require();
        // Unique on a shared server too: several assemblies may run at once.
        var name = string.Create(CultureInfo.InvariantCulture, $"etl_{Environment.ProcessId}_{Interlocked.Increment(ref databases)}");
        await using var connection = new NpgsqlConnection(Connection("postgres"));
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", connection);
        await drop.ExecuteNonQueryAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name} TEMPLATE template0", connection);
        await create.ExecuteNonQueryAsync();
        return name;
    }

    /// <summary>Makes an empty database; null when no server can be had, which is a failure where one is promised (CI=true).</summary>
    public async Task<string?> TryCreateDatabaseAsync()
    {
        await StartAsync();
        return missing is not null && !IsPromised ? null : await CreateDatabaseAsync();
    }

    /// <summary>Drops a database with its sessions.</summary>
    public async Task DropDatabaseAsync(string name)
    {
        await using var connection = new NpgsqlConnection(Connection("postgres"));
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", connection);
        await drop.ExecuteNonQueryAsync();
    }

    /// <summary>An Npgsql string to a database of this server, without a pool.</summary>
    public string Connection(string database, string? user = null, string? password = null)
    {
        Require();
        var builder = new NpgsqlConnectionStringBuilder(server!.ConnectionString) { Database = database };
        if (user is not null) builder.Username = user;
        if (password is not null) builder.Password = password;
        return builder.ConnectionString;
    }

    /// <summary>What a user would type to reach a database of this server; without a password.</summary>
    public string ConnectionText(string database, string? user = null)
    {
        Require();
        return string.Create(CultureInfo.InvariantCulture, $"postgresql://{Uri.EscapeDataString(user ?? server!.Username!)}@{server!.Host}:{server.Port}/{Uri.EscapeDataString(database)}");
    }

    /// <summary>A program of the installation that our own server was started from; null where there is none, or the server is another's.</summary>
    public string? PathOf(string program) => IsOwn ? PostgreSqlPrograms.Find()?.PathOf(program) : null;

    /// <summary>The objects of these schemas as the server's own dump program writes it, a block for each object; skips the test where there is none.</summary>
    public async Task<IReadOnlyList<string>> DumpAsync(string database, params string[] schemas)
    {
        var program = PathOf("pg_dump");
        Assert.SkipWhen(program is null, "pg_dump of the server under test is not installed.");
        var start = new ProcessStartInfo(program!) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in schemas.Select(s => "--schema=" + s).Concat(["--schema-only", "-d", ConnectionText(database)])) start.ArgumentList.Add(argument);
        using var dump = Process.Start(start)!;
        var errors = dump.StandardError.ReadToEndAsync();
        var text = await dump.StandardOutput.ReadToEndAsync();
        await dump.WaitForExitAsync();
        Assert.True(dump.ExitCode == 0, await errors);
        // Newer ones frame the dump with a random word.
        var lines = text.Split('\n').Where(l => !l.StartsWith('\\'));
        return [.. string.Join('\n', lines).Split("\n--\n-- Name: ").Skip(1)];
    }

    /// <summary>Sends a signal to a process of our own server (<c>STOP</c>, <c>CONT</c>, <c>KILL</c>).</summary>
    public async Task SignalAsync(int process, string signal)
    {
        Assert.SkipUnless(IsOwn, "The server was not started by the tests, so its processes are left alone.");
        using var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {process}")]);
        await kill.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (keeper is not null)
        {
            // The keeper stops and deletes the server when its input ends, for whatever reason that happens.
            keeper.StandardInput.Close();
            await keeper.WaitForExitAsync();
            keeper.Dispose();
            keeper = null;
        }
        starting.Dispose();
    }

    /// <summary>Skips the running test when there is no server; fails it where one is promised (CI=true).</summary>
    private void Require()
    {
        if (missing is null) return;
        if (IsPromised) Assert.Fail(missing);
        Assert.Skip(missing);
    }

    private async Task StartAsync()
    {
        await starting.WaitAsync();
        try
        {
            if (server is not null || missing is not null) return;
            if (!Durable && Environment.GetEnvironmentVariable("ETLTABLEOPS_TEST_POSTGRES") is { Length: > 0 } given)
            {
                server = Read(given);
                // Our own connection texts hold no password, and neither do the processes' arguments; both find it here.
                if (server.Password is { Length: > 0 } password) Environment.SetEnvironmentVariable("PGPASSWORD", password);
                await PrepareAsync();
                return;
            }
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await StartOwnAsync();
                    return;
                }
                catch (IOException) when (attempt < 3)
                {
                    // Another process took the port between our look and the server's bind.
                }
            }
        }
        catch (Exception e) when (e is IOException or NpgsqlException or System.ComponentModel.Win32Exception)
        {
            missing = $"PostgreSQL could not be used: {e.Message}";
        }
        finally
        {
            starting.Release();
        }
    }

    private async Task StartOwnAsync()
    {
        if (OperatingSystem.IsWindows())
        {
            missing = "No PostgreSQL server: on Windows the tests need ETLTABLEOPS_TEST_POSTGRES.";
            return;
        }
        if (PostgreSqlPrograms.Find() is not { } programs)
        {
            missing = "No PostgreSQL server is installed (looked in PATH and /usr/lib/postgresql/*/bin), and ETLTABLEOPS_TEST_POSTGRES is not set.";
            return;
        }
        var directory = Path.Combine(Path.GetTempPath(), $"etl-pg-{Guid.NewGuid():N}"[..18]);
        var port = FreePort();
        var process = programs.StartKeeper(directory, port, Durable);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1", Port = port, Username = "postgres", Database = "postgres",
            Pooling = false, Timeout = 15, IncludeErrorDetail = true,
        };
        await AnswersAsync(process, builder.ConnectionString);
        keeper = process;
        SocketDirectory = directory;
        server = builder;
        await PrepareAsync();
    }

    private static async Task AnswersAsync(Process keeper, string connectionString)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            if (keeper.HasExited) throw new IOException("the server did not start: " + await keeper.StandardError.ReadToEndAsync());
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(20);
            }
        }
    }

    private async Task PrepareAsync()
    {
        await using var connection = new NpgsqlConnection(server!.ConnectionString);
        await connection.OpenAsync();
        await using var role = new NpgsqlCommand($"""
            DO $$ BEGIN
              CREATE ROLE {SecretRole} LOGIN PASSWORD '{SecretPassword}';
            EXCEPTION WHEN duplicate_object THEN NULL;
            END $$
            """, connection);
        await role.ExecuteNonQueryAsync();
    }

    private static NpgsqlConnectionStringBuilder Read(string given)
    {
        NpgsqlConnectionStringBuilder builder;
        if (Uri.TryCreate(given, UriKind.Absolute, out var uri) && uri.Scheme is "postgresql" or "postgres")
        {
            var user = uri!.UserInfo.Split(':', 2);
            builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Port = uri.Port > 0 ? uri.Port : 5432, Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')) };
            if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
            if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        }
        else
        {
            builder = new NpgsqlConnectionStringBuilder(given);
        }
        builder.Pooling = false;
        builder.IncludeErrorDetail = true;
        if (string.IsNullOrEmpty(builder.Database)) builder.Database = "postgres";
        return builder;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
