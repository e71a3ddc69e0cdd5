namespace EtlTableOps.Snowflake.Testing;

/// <summary>What a connection talks to: a session in this process, or a server on the loopback.</summary>
internal interface IModelBackend
{
    string? Database { get; }

    /// <summary>Runs one request: a statement, or several when there is a count of them.</summary>
    /// <exception cref="ModelError">The server's error.</exception>
    /// <exception cref="ConnectionLostException">No answer will come.</exception>
    IReadOnlyList<ModelResult> Execute(string sql, IReadOnlyList<ModelBind> binds, int? statements);

    void Cancel();

    void Close();

    /// <summary>Ends without a word to the server.</summary>
    void Abandon();
}

/// <summary>A session of a model in this process.</summary>
internal sealed class SessionBackend(ModelSession session, string? tag) : IModelBackend
{
    public ModelSession Session { get; } = session;

    public string? Database => Session.Database;

    public IReadOnlyList<ModelResult> Execute(string sql, IReadOnlyList<ModelBind> binds, int? statements)
    {
        if ((statements ?? Session.StatementCount) == 1 || binds.Count > 0) return [FileCommands.Carry(Session.Execute(sql, binds, tag))];
        return MultiStatement.Execute(Session, sql, statements ?? Session.StatementCount, tag);
    }

    public void Cancel() => Session.Cancel();

    public void Close() => Session.Close();

    public void Abandon() => Session.Abandon();
}

/// <summary>Several statements in one request: no binds, and the first error ends it.</summary>
internal static class MultiStatement
{
    public static IReadOnlyList<ModelResult> Execute(ModelSession session, string sql, int count, string? tag)
    {
        var texts = Parser.Split(sql);
        if (count != 0 && texts.Count != count) throw new ModelError(8, "0A000", $"Actual statement count {texts.Count} did not match the desired statement count {count}.");
        return [.. texts.Select(t => session.Execute(t, null, tag))];
    }
}
