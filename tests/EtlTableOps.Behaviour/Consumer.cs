using System.Data.Common;
using System.Globalization;

namespace EtlTableOps.Behaviour;

/// <summary>An application at work on the database over one plain connection of the engine's driver. Not for several threads.</summary>
public sealed class Consumer(DbConnection connection) : IAsyncDisposable
{
    /// <summary>Runs SQL; returns rows changed.</summary>
    public async Task<int> ExecuteAsync(string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 60;
        return await command.ExecuteNonQueryAsync();
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
