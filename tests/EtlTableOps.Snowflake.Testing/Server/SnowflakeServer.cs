using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EtlTableOps.Snowflake.Testing;

/// <summary>
/// A server on the loopback that speaks the protocol of Snowflake's drivers over a model: sign-in, statements with binds, several statements in one
/// request, errors, cancel, results that take long, a repeated request answered from memory, renewal of tokens, uploads into a folder.
/// </summary>
public sealed class SnowflakeServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, byte> clients = new();
    private readonly QueryRequests queries;
    private readonly ConcurrentDictionary<string, SignedIn> sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> requests = new();
    private readonly Task loop;

    public SnowflakeServer(SnowflakeModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        queries = new QueryRequests(this);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        loop = Task.Run(ServeAsync);
    }

    public SnowflakeModel Model { get; }

    public int Port { get; }

    /// <summary>For the driver and for <see cref="ModelConnection"/>: signs in as U with any password, to DB1 and S1.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"scheme=http;host=127.0.0.1;port={Port};account=test;user=U;password=p;role=SYSADMIN;db=DB1;schema=S1;warehouse=WH;poolingenabled=false;client_telemetry_enabled=false;");

    /// <summary>Drops every connection without an answer, as a server that is gone; what runs already goes on.</summary>
    public bool Down { get; set; }

    /// <summary>Statements that take longer are answered by 333333 and asked for again; null for never.</summary>
    public TimeSpan? LongAfter { get; set; } = TimeSpan.FromSeconds(40);

    /// <summary>PATs and OAuth tokens that may sign in; any when empty.</summary>
    public HashSet<string> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Requests so far: method and path with their query, oldest first.</summary>
    public IReadOnlyList<string> Requests => [.. requests];

    /// <summary>The next request of every session is refused by 390112, and its driver renews the token.</summary>
    public void ExpireTokens()
    {
        foreach (var session in sessions.Values) session.Expired = true;
    }

    /// <summary>The same, and renewal is refused too: a new sign-in is the only way.</summary>
    public void EndSessions()
    {
        foreach (var session in sessions.Values) session.Ended = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        foreach (var client in clients.Keys) client.Dispose();
        await loop.ConfigureAwait(false);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // It was stopped, perhaps before it was asked for the next one.
                return;
            }
            clients[client] = 0;
            // A thread of its own: statements wait for locks.
            _ = Task.Factory.StartNew(() => Serve(client), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private void Serve(TcpClient client)
    {
        try
        {
            using var connection = new HttpConnection(client, Handle);
            connection.Serve();
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It was closed before it said anything.
        }
        clients.TryRemove(client, out _);
    }

    /// <summary>The answer's bytes; null when the connection is to be dropped.</summary>
    private byte[]? Handle(HttpRequest request)
    {
        requests.Enqueue($"{request.Method} {request.Target}");
        if (Down) return null;
        JsonObject? answer;
        try
        {
            using var body = request.Body.Length == 0 ? null : JsonDocument.Parse(request.Body);
            answer = Answer(request, body);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or AggregateException)
        {
            answer = Failure(new ModelError(390000, null, "The test server could not read or answer this request: " + e));
        }
        return answer is null || Down ? null : JsonSerializer.SerializeToUtf8Bytes(answer, Conversion.Plain);
    }

    private JsonObject? Answer(HttpRequest request, JsonDocument? body)
    {
        var path = request.Path;
        if (path == "/session/v1/login-request") return SignIn(request, body!.RootElement.GetProperty("data"));
        if (path.StartsWith("/telemetry", StringComparison.Ordinal)) return Success(null);
        if (path == "/session/token-request") return Renew(request, body);
        if (Session(request) is not { } signedIn) return Failure(ModelError.SessionGone());
        if (signedIn.Session.IsLost) return null;
        if (signedIn.Ended || signedIn.Session.IsClosed) return Failure(new ModelError(390111, null, "Session no longer exists.  New login required to access the service."));
        if (path == "/session" && request.Query.GetValueOrDefault("delete") is not null)
        {
            signedIn.Session.Close();
            sessions.TryRemove(signedIn.Token, out _);
            return Success(null);
        }
        if (signedIn.Expired) return Failure(ModelError.SessionExpired());
        if (path == "/session/heartbeat") return Success(null);
        if (path == "/queries/v1/query-request") return queries.Run(signedIn.Session, request.Query.GetValueOrDefault("requestId") ?? Guid.NewGuid().ToString(), body!.RootElement);
        if (path == "/queries/v1/abort-request") return queries.Abort(body!.RootElement.GetProperty("requestId").GetString()!);
        if (path.StartsWith("/queries/", StringComparison.Ordinal) && path.EndsWith("/result", StringComparison.Ordinal)) return queries.Result(path.Split('/')[2]);
        return Failure(new ModelError(390404, null, $"The test server has no {path}."));
    }

    private JsonObject SignIn(HttpRequest request, JsonElement data)
    {
        string? Text(string name) => data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        var user = Text("LOGIN_NAME") ?? "";
        var authenticator = (Text("AUTHENTICATOR") ?? "SNOWFLAKE").ToUpperInvariant();
        var token = Text("TOKEN");
        var welcome = authenticator switch
        {
            "SNOWFLAKE_JWT" => token?.Split('.').Length == 3,
            "OAUTH" or "PROGRAMMATIC_ACCESS_TOKEN" => token is not null && (Tokens.Count == 0 || Tokens.Contains(token)),
            _ => !Model.Passwords.TryGetValue(user, out var password) || password == Text("PASSWORD"),
        };
        if (!welcome) return Failure(authenticator == "SNOWFLAKE" ? new ModelError(390100, "08001", "Incorrect username or password was specified.") : new ModelError(390144, "08001", authenticator == "SNOWFLAKE_JWT" ? "JWT token is invalid." : "Invalid token."));
        var session = Model.OpenSession(user, request.Query.GetValueOrDefault("roleName"), request.Query.GetValueOrDefault("databaseName"), request.Query.GetValueOrDefault("schemaName"), request.Query.GetValueOrDefault("warehouse"));
        if (data.TryGetProperty("SESSION_PARAMETERS", out var parameters) && parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty("QUERY_TAG", out var tag)) session.Set("QUERY_TAG", tag.GetString());
        var signedIn = new SignedIn(session) { Token = NewToken(), MasterToken = NewToken() };
        sessions[signedIn.Token] = signedIn;
        return Success(new JsonObject
        {
            ["token"] = signedIn.Token,
            ["masterToken"] = signedIn.MasterToken,
            ["sessionId"] = session.Id,
            ["serverVersion"] = Model.Version,
            ["masterValidityInSeconds"] = 14400,
            ["validityInSeconds"] = 3600,
            ["parameters"] = Wire.Parameters(session),
            ["sessionInfo"] = new JsonObject { ["databaseName"] = session.Database, ["schemaName"] = session.Schema, ["warehouseName"] = session.Warehouse, ["roleName"] = session.Role },
        });
    }

    private JsonObject Renew(HttpRequest request, JsonDocument? body)
    {
        var old = body?.RootElement.GetProperty("oldSessionToken").GetString();
        if (old is null || !sessions.TryGetValue(old, out var signedIn) || signedIn.Ended || Token(request) != signedIn.MasterToken) return Failure(new ModelError(390114, null, "Authentication token has expired.  The user must authenticate again."));
        sessions.TryRemove(old, out _);
        signedIn.Token = NewToken();
        signedIn.Expired = false;
        sessions[signedIn.Token] = signedIn;
        return Success(new JsonObject { ["sessionToken"] = signedIn.Token, ["validityInSecondsST"] = 3600, ["masterToken"] = signedIn.MasterToken, ["validityInSecondsMT"] = 14400, ["sessionId"] = signedIn.Session.Id });
    }

    private SignedIn? Session(HttpRequest request) => Token(request) is { } token && sessions.TryGetValue(token, out var session) ? session : null;

    private static string? Token(HttpRequest request)
    {
        var header = request.Headers.GetValueOrDefault("Authorization", "");
        var start = header.IndexOf('"', StringComparison.Ordinal);
        return header.StartsWith("Snowflake Token=", StringComparison.Ordinal) && start > 0 ? header[(start + 1)..].TrimEnd('"') : null;
    }

    private static string NewToken() => "token-" + Guid.NewGuid().ToString("N");

    internal static JsonObject Success(JsonObject? data, string? code = null, string? message = null) => new() { ["data"] = data, ["code"] = code, ["message"] = message, ["success"] = true };

    internal static JsonObject Failure(ModelError error) => new()
    {
        ["data"] = new JsonObject { ["sqlState"] = error.SqlState, ["queryId"] = error.QueryId, ["errorCode"] = error.Code.ToString("000000", CultureInfo.InvariantCulture) },
        ["code"] = error.Code.ToString("000000", CultureInfo.InvariantCulture),
        ["message"] = error.Message,
        ["success"] = false,
    };

    private sealed class SignedIn(ModelSession session)
    {
        public ModelSession Session { get; } = session;

        public required string Token { get; set; }

        public required string MasterToken { get; init; }

        public volatile bool Expired;

        public volatile bool Ended;
    }
}
