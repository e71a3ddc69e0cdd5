namespace EtlTableOps.Sqlite.Schema;

/// <summary>The few facts that are needed of the stored texts of indexes, triggers and views.</summary>
internal static class ObjectText
{
    /// <summary>An index's text with another name, and another table where one is given.</summary>
    public static string RenameIndex(string sql, string quotedName, string? quotedTable)
    {
        var (name, table, _) = Index(sql);
        return quotedTable is null
            ? sql[..name.Start] + quotedName + sql[name.End..]
            : sql[..name.Start] + quotedName + sql[name.End..table.Start] + quotedTable + sql[table.End..];
    }

    /// <summary>What an index is, without its name and its table's.</summary>
    public static string IndexDefinition(string sql)
    {
        var (_, table, unique) = Index(sql);
        var tokens = SqlTokens.Read(sql).Where(t => t.Start >= table.End);
        return (unique ? "UNIQUE " : "") + string.Join(' ', tokens.Select(t => sql[t.Start..t.End]));
    }

    /// <summary>Whether a text names an object.</summary>
    public static bool Mentions(IEnumerable<SqlToken> tokens, string name) =>
        tokens.Any(t => t.IsName && SqliteNames.Same(t.Value, name));

    /// <summary>The columns of a list that a text names.</summary>
    public static IReadOnlyList<string> Mentioned(IReadOnlyCollection<SqlToken> tokens, IEnumerable<string> columns) =>
        [.. columns.Where(c => tokens.Any(t => t.Kind is TokenKind.Word or TokenKind.QuotedName && SqliteNames.Same(t.Value, c)))];

    /// <summary>The texts in single quotes, in their order.</summary>
    public static IReadOnlyList<string> Literals(string sql) => [.. SqlTokens.Read(sql).Where(t => t.Kind == TokenKind.Text).Select(t => t.Value)];

    private static (SqlToken Name, SqlToken Table, bool Unique) Index(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        var at = 1;
        var unique = tokens[at].Is("UNIQUE");
        if (unique) at++;
        at++;
        if (tokens[at].Is("IF") && tokens[at + 1].Is("NOT")) at += 3;
        if (tokens[at + 1].IsSign('.')) at += 2;
        var name = tokens[at];
        if (!tokens[at + 1].Is("ON")) throw new FormatException("The index's text is not understood.");
        return (name, tokens[at + 2], unique);
    }
}
