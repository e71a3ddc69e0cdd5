using EtlTableOps.Composition;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Testing;

namespace EtlTableOps.PostgreSql.Tests;

public sealed class ConnectionTests(PostgreSqlDatabase database) : PostgreSqlTest(database)
{
    private static string Escaped => Uri.EscapeDataString(PostgreSqlCluster.SecretPassword);

    private (string Host, int Port) Server
    {
        get
        {
            var uri = new Uri(Database.ConnectionText);
            return (uri.Host, uri.Port);
        }
    }

    [Fact]
    [Trait("Promise", "12")]
    public async Task A_password_in_the_text_signs_in_and_is_shown_nowhere()
    {
        var (host, port) = Server;
        var connected = await EngineList.ConnectAsync($"postgresql://{PostgreSqlCluster.SecretRole}:{Escaped}@{host}:{port}/{Database.Name}", null, null, null, Token);

        Assert.Equal($"postgresql://{PostgreSqlCluster.SecretRole}@{host}:{port}/{Database.Name}", connected.Display);
        await using var session = await connected.OpenSessionAsync(Token);
        await using var another = await session.OpenAnotherAsync(Token);
        Assert.Equal(PostgreSqlCluster.SecretRole, another.Info.User);
        Assert.DoesNotContain(PostgreSqlCluster.SecretPassword, another.Info.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uri")]
    [InlineData("keywords")]
    [InlineData("given")]
    [Trait("Promise", "12")]
    public async Task A_wrong_password_is_a_failed_connection_that_does_not_repeat_it(string way)
    {
        Assert.SkipUnless(Database.Cluster.IsOwn, "A server that was given may trust its clients without a password.");
        const string wrong = "hunter2-and-more";
        var (host, port) = Server;
        var (text, given) = way switch
        {
            "uri" => ($"postgresql://{PostgreSqlCluster.SecretRole}:{wrong}@{host}:{port}/{Database.Name}", null),
            "keywords" => ($"postgresql:Host={host};Port={port};Username={PostgreSqlCluster.SecretRole};Password={wrong};Database={Database.Name}", null),
            _ => ($"postgresql://{PostgreSqlCluster.SecretRole}@{host}:{port}/{Database.Name}", wrong),
        };

        var e = await Assert.ThrowsAsync<EtlException>(() => EngineList.ConnectAsync(text, null, null, given, Token));

        Assert.Equal(ErrorCode.ConnectionFailed, e.Code);
        Assert.Contains(PostgreSqlCluster.SecretRole, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong, e.ToString() + e.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql://me:se;cret@host:abc/db")]
    [InlineData("postgresql://me:sec/ret@host/db")]
    [InlineData("postgresql://me@host/db?password=secret&nonsense=secret")]
    [InlineData("postgresql://me@host/db?sslmode=secret")]
    [InlineData("postgresql://me@host/db?secret")]
    [InlineData("postgresql:Host=h;Password=sec;ret=1;secret=2")]
    [InlineData("postgresql:Host=h;Port=secret")]
    [InlineData("postgresql:secret")]
    [InlineData("postgresql://me@host1,host2/db?password=secret")]
    [Trait("Promise", "12")]
    public async Task A_text_that_cannot_be_read_is_refused_without_being_repeated(string text)
    {
        var e = await Assert.ThrowsAsync<EtlException>(() => EngineList.ConnectAsync(text, null, null, null, Token));

        Assert.Equal(ErrorCode.BadInput, e.Code);
        foreach (var part in new[] { "secret", "se;cret", "cret", "ret=" }) Assert.DoesNotContain(part, e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_and_password_given_beside_the_text_override_it()
    {
        await using var session = await OpenSessionAsync(PostgreSqlCluster.SecretRole, PostgreSqlCluster.SecretPassword);

        Assert.Equal(PostgreSqlCluster.SecretRole, session.Info.User);
    }

    [Fact]
    public async Task Sockets_keyword_strings_and_libpq_parameters_are_understood()
    {
        var (host, port) = Server;
        var texts = new List<string>
        {
            $"postgresql:Host={host};Port={port};Username={Database.Cluster.User};Database={Database.Name};Pooling=true",
            $"postgresql:///{Database.Name}?host={host}&port={port}&user={Database.Cluster.User}&sslmode=prefer&connect_timeout=5&target_session_attrs=any",
        };
        if (Database.Cluster.SocketDirectory is { } directory)
        {
            texts.Add($"postgresql://{Database.Cluster.User}@:{port}/{Database.Name}?host={directory}");
            texts.Add($"postgresql://{Database.Cluster.User}@{Uri.EscapeDataString(directory)}:{port}/{Database.Name}");
        }
        foreach (var text in texts)
        {
            await using var session = await OpenSessionAsync(text: text);
            Assert.Equal((Database.Cluster.User, Database.Name), (session.Info.User, session.Info.Database));
            // What is shown leads back to the same place.
            await using var again = await OpenSessionAsync(text: session.Info.Display);
            Assert.Equal(session.Info, again.Info);
            Assert.Equal("etltableops", (await again.QueryAsync(new Sql("SELECT current_setting('application_name')"), r => r.GetString(0), Token))[0]);
        }
    }

    [Fact]
    public async Task A_pgpass_file_is_used()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("PGPASSWORD") is { Length: > 0 }, "PGPASSWORD is set and comes before the file.");
        var (host, port) = Server;
        var file = Path.Combine(Path.GetTempPath(), $"pgpass-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(file, $"{host}:{port}:*:{PostgreSqlCluster.SecretRole}:{PostgreSqlCluster.SecretPassword.Replace(":", "\\:", StringComparison.Ordinal)}\n", Token);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        try
        {
            await using var session = await OpenSessionAsync(text: $"postgresql://{PostgreSqlCluster.SecretRole}@{host}:{port}/{Database.Name}?passfile={Uri.EscapeDataString(file)}");
            Assert.Equal(PostgreSqlCluster.SecretRole, session.Info.User);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task No_server_is_a_failed_connection_and_a_cancel_ends_the_attempt()
    {
        var e = await Assert.ThrowsAsync<EtlException>(() => EngineList.ConnectAsync("postgresql://nobody@127.0.0.1:1/nothing", null, null, null, Token));
        Assert.Equal(ErrorCode.ConnectionFailed, e.Code);
        Assert.Contains("postgresql://nobody@127.0.0.1:1/nothing", e.Message, StringComparison.Ordinal);

        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        using var cancel = new CancellationTokenSource(200);
        var cancelled = await Assert.ThrowsAsync<EtlException>(() => EngineList.ConnectAsync($"postgresql://nobody@{listener.LocalEndpoint}/nothing", null, null, null, cancel.Token));
        Assert.Equal(ErrorCode.Cancelled, cancelled.Code);
    }
}
