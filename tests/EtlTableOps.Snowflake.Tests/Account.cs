using System.Globalization;
using EtlTableOps.Snowflake.Testing;

namespace EtlTableOps.Snowflake.Tests;

/// <summary>An account for one test, with a session and short ways to ask it.</summary>
internal sealed class Account : IDisposable
{
    public Account() => Session = Model.OpenSession();

    public SnowflakeModel Model { get; } = new();

    public ModelSession Session { get; }

    public ModelResult Run(string sql, params object?[] values) => Run(Session, sql, values);

    public static ModelResult Run(ModelSession session, string sql, params object?[] values) =>
        session.Execute(sql, [.. values.Select(v => new ModelParameter { Value = v }.Bind())]);

    /// <summary>Rows as lines, in their order.</summary>
    public IReadOnlyList<string> Rows(string sql, params object?[] values) => Lines(Run(sql, values));

    public static IReadOnlyList<string> Lines(ModelResult result) =>
        [.. result.Rows.Select(r => string.Join(" | ", r.Select((v, i) => v is null ? "∅" : Conversion.ToText(v, result.Columns[i].Type))))];

    /// <summary>Values of one column, by its name.</summary>
    public IReadOnlyList<string?> Column(string name, string sql)
    {
        var result = Run(sql);
        var at = result.Columns.Select((c, i) => (c, i)).First(p => p.c.Name == name).i;
        return [.. result.Rows.Select(r => r[at] is { } v ? Conversion.ToText(v, result.Columns[at].Type) : null)];
    }

    public string? One(string sql, params object?[] values) => Run(sql, values) is var result && result.Rows[0][0] is { } v ? Conversion.ToText(v, result.Columns[0].Type) : null;

    public ModelError Fails(int code, string sql, params object?[] values) => Fails(Session, code, sql, values);

    public static ModelError Fails(ModelSession session, int code, string sql, params object?[] values)
    {
        var error = Assert.Throws<ModelError>(() => Run(session, sql, values));
        Assert.True(code == error.Code, $"{error.Code}: {error.Message}");
        return error;
    }

    /// <summary>Server time for AT and END.</summary>
    public string Now() => "TO_TIMESTAMP_LTZ(" + Model.Now().ToString(CultureInfo.InvariantCulture) + ", 9)";

    public void Dispose() => Model.Dispose();
}
