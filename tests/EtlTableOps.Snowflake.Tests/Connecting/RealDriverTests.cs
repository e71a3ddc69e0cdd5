using System.Net;
using System.Net.Sockets;
using System.Runtime.Loader;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EtlTableOps.Engines;
using EtlTableOps.Errors;

namespace EtlTableOps.Snowflake.Tests.Connecting;

/// <summary>What only the real driver shows: that it lives in its context, and how it tells a failure.</summary>
public sealed class RealDriverTests : IDisposable
{
    private readonly Files files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void It_is_loaded_with_its_own_libraries()
    {
        var place = Place();
        var factory = SnowflakeDriver.Load(place, "");
        using var connection = factory.CreateConnection();
        var context = AssemblyLoadContext.GetLoadContext(factory.GetType().Assembly)!;
        Assert.Equal("EtlTableOps.Snowflake", context.Name);
        var json = context.LoadFromAssemblyName(new System.Reflection.AssemblyName("Newtonsoft.Json"));
        Assert.StartsWith(Path.GetFullPath(Directory.Exists(place) ? place : Path.GetDirectoryName(place)!), json.Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_sign_in_is_told_in_the_servers_words()
    {
        using var server = new RefusingServer();
        var failure = await OpenAsync(server, "password=pa55word");
        Assert.Equal(ErrorCode.ConnectionFailed, failure.Code);
        Assert.EndsWith(": Incorrect username or password was specified. (390100)", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pa55word", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("pa55word", server.Asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_signs_in_with_a_token_and_never_shows()
    {
        using var key = RSA.Create(2048);
        var file = files.Write("key.p8", key.ExportEncryptedPkcs8PrivateKeyPem("pa55word", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        using var server = new RefusingServer();
        await OpenAsync(server, $"private_key_path={file};private_key_file_pwd=pa55word");
        Assert.Contains("\"AUTHENTICATOR\":\"SNOWFLAKE_JWT\"", server.Asked.Replace(" ", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("pa55word", server.Asked, StringComparison.Ordinal);
        var wrong = await OpenAsync(server, $"private_key_path={file};private_key_file_pwd=wr0ng");
        Assert.Equal(ErrorCode.ConnectionFailed, wrong.Code);
        Assert.DoesNotContain("wr0ng", wrong.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("authenticator=programmatic_access_token;token=t0ken")]
    [InlineData("authenticator=oauth;token=t0ken")]
    public async Task A_token_is_sent_and_never_shows(string signIn)
    {
        using var server = new RefusingServer();
        var failure = await OpenAsync(server, signIn);
        Assert.Equal(ErrorCode.ConnectionFailed, failure.Code);
        Assert.Contains("t0ken", server.Asked, StringComparison.Ordinal);
        Assert.DoesNotContain("t0ken", failure.ToString(), StringComparison.Ordinal);
    }

    private async Task<EtlException> OpenAsync(RefusingServer server, string signIn)
    {
        var engine = new SnowflakeEngine(SnowflakeDriver.Load(Place(), ""), files.Surroundings);
        var target = new ConnectionTarget($"account=test;user=u;scheme=http;host=127.0.0.1;port={server.Port};client_telemetry_enabled=false;{signIn}");
        return await Assert.ThrowsAsync<EtlException>(() => engine.OpenAsync(target, CancellationToken.None));
    }

    private static string Place()
    {
        // It would ask a cloud's metadata service where it runs.
        Environment.SetEnvironmentVariable("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true");
        var place = Environment.GetEnvironmentVariable(SnowflakeDriver.Variable);
        Assert.SkipUnless(place is { Length: > 0 }, $"Needs Snowflake's driver: {SnowflakeDriver.Variable} names no folder.");
        return place!;
    }

    /// <summary>Refuses every sign-in and keeps what was asked.</summary>
    private sealed class RefusingServer : IDisposable
    {
        private readonly HttpListener listener = new();
        private readonly StringBuilder asked = new();

        public RefusingServer()
        {
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                Port = ((IPEndPoint)free.LocalEndpoint).Port;
            }
            listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
            listener.Start();
            _ = Task.Run(ServeAsync);
        }

        public int Port { get; }

        public string Asked
        {
            get
            {
                lock (asked) return asked.ToString();
            }
        }

        public void Dispose() => listener.Close();

        private async Task ServeAsync()
        {
            var answer = JsonSerializer.SerializeToUtf8Bytes(new { data = new { authnMethod = "none" }, code = "390100", message = "Incorrect username or password was specified.", success = false });
            try
            {
                while (true)
                {
                    var call = await listener.GetContextAsync();
                    Stream body = call.Request.InputStream;
                    if (call.Request.Headers["Content-Encoding"] == "gzip") body = new System.IO.Compression.GZipStream(body, System.IO.Compression.CompressionMode.Decompress);
                    var text = await new StreamReader(body).ReadToEndAsync();
                    lock (asked) asked.AppendLine(text);
                    call.Response.ContentType = "application/json";
                    await call.Response.OutputStream.WriteAsync(answer);
                    call.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
