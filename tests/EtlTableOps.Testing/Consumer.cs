using System.Data.Common;
using System.Globalization;

namespace EtlTableOps.Testing;

/// <summary>An application at work on the database over one plain connection of the engine's driver. Not for several threads.</summary>
/// <param name="connection">Its connection.</param>
/// <param name="adapt">Turns the SQL that engines have in common into what this engine takes, statement by statement; null where it takes it as it is.</param>
public sealed class Consumer(DbConnection connection, Func<string, IReadOnlyList<string>>? adapt = null) : IAsyncDisposable
{
    /// <summary>Its connection, for what is the driver's own.</summary>
    public DbConnection Connection => connection;

    /// <summary>Runs SQL; returns rows changed.</summary>
    public async Task<int> ExecuteAsync(string sql)
    {
        var rows = 0;
        foreach (var statement in adapt?.Invoke(sql) ?? [sql])
        {
            await using var command = connection.CreateCommand();
            command.CommandText = statement;
            command.CommandTimeout = 60;
            rows = await command.ExecuteNonQueryAsync();
        }
        return rows;
    }

    /// <summary>Reads rows in their order, each as one line of text.</summary>
    public async Task<IReadOnlyList<string>> QueryAsync(string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 60;
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(string.Join(" | ", Enumerable.Range(0, reader.FieldCount).Select(i => Show(reader.GetValue(i)))));
        return lines;
    }

    /// <summary>Reads one number.</summary>
    public async Task<long> NumberAsync(string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 60;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static string Show(object value) => value switch
    {
        DBNull => "∅",
        byte[] bytes => "0x" + Convert.ToHexString(bytes),
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        Array list => "{" + string.Join(",", list.Cast<object?>().Select(v => Show(v ?? DBNull.Value))) + "}",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
