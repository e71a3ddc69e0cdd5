using System.Security.Cryptography;
using System.Text;
using EtlTableOps.Errors;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>
/// The lock of an operation on a live table: an operating system's lock on a small file beside the database. It ends with its process however that
/// dies, holds against a second use in the same process, and reaches every machine that can reach the database file. A lock on the database file itself
/// will not do: closing any handle of that file would take SQLite's own locks away from this process (POSIX).
/// </summary>
internal sealed class OperationLock : IAsyncDisposable
{
    private readonly FileStream file;
    private readonly string path;

    private OperationLock(FileStream file, string path)
    {
        this.file = file;
        this.path = path;
    }

    /// <summary>Takes the lock, or returns null when another has it.</summary>
    public static IAsyncDisposable? TryTake(string database, TableName live)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(SqliteNames.Fold(live.Name)));
        var path = $"{Resolve(database)}.etltableops-{Convert.ToHexString(hash)[..12].ToLowerInvariant()}.lock";
        // The file is removed when the lock is given back. Whoever opened it just before holds a lock on a file that has no name any
        // more, and begins anew.
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var file = Open(path);
            if (file is null) return null;
            if (IsNamed(file, path)) return new OperationLock(file, path);
            file.Dispose();
        }
        return null;
    }

    public ValueTask DisposeAsync()
    {
        // Where an open file can be removed it is removed under the lock; elsewhere (Windows) it goes with its handle.
        if (!OperatingSystem.IsWindows()) File.Delete(path);
        return file.DisposeAsync();
    }

    private static string Resolve(string database) => File.ResolveLinkTarget(database, returnFinalTarget: true)?.FullName ?? database;

    private static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None,
            });
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EtlException(ErrorCode.NotPermitted, e, Environment.UserName, e.Message, "Allow this user to write in the database's directory; SQLite needs that too.");
        }
        catch (IOException)
        {
            // That is how .NET says that the lock is another's; a directory that is not there cannot be, the database is in it.
            return null;
        }
    }

    // A time that nobody else would set tells our file from one that was made under the same name since.
    private static bool IsNamed(FileStream file, string path)
    {
        if (OperatingSystem.IsWindows()) return true;
        var stamp = DateTime.UnixEpoch.AddMilliseconds(RandomNumberGenerator.GetInt32(int.MaxValue));
        File.SetLastWriteTimeUtc(file.SafeFileHandle, stamp);
        return File.Exists(path) && File.GetLastWriteTimeUtc(path) == stamp;
    }
}
